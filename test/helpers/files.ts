import type pg from 'pg';

/** The row of a file that somebody has sent, without its bytes; gives the reference to it. */
export async function addStoredFile(
  owner: Pick<pg.Pool, 'query'>,
  ownerId: string,
  purpose: string,
): Promise<string> {
  const { rows } = await owner.query<{ reference: string }>(
    `insert into files (owner_id, purpose, content_type, size, status, sha256, stored_at, unused_since)
    values ($1, $2, 'image/jpeg', 100, 'stored', repeat('0', 64), now(), now())
    returning 'file:' || id as reference`,
    [ownerId, purpose],
  );
  return rows[0]?.reference as string;
}
