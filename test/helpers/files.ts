import type pg from 'pg';

/** The row of a file that a user has sent, without its bytes; gives the reference to it. */
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

/** The same of each purpose for every user of the database. */
export async function addFilesOfAllUsers(owner: Pick<pg.Pool, 'query'>): Promise<void> {
  await owner.query(
    `insert into files (owner_id, purpose, content_type, size, status, sha256, stored_at, unused_since)
    select u.id, p.value, 'image/jpeg', 100, 'stored', repeat('0', 64), now(), now()
    from user_profiles u cross join enums.file_purpose p`,
  );
}

/** SQL for the reference to one's own file of a purpose; to that of `other` where no user is signed in. */
export const ownFile = (purpose: string, other: string): string =>
  `(select 'file:' || f.id from files f where f.purpose = '${purpose}'
    and f.owner_id = coalesce(auth.uid(), '${other}') limit 1)`;
