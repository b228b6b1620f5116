import { hostname, userInfo } from 'node:os';
import type pg from 'pg';
import type { CodeAddress } from '../lib/code-address.ts';

export type Administrator = {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  /** Whether the role counts today. */
  readonly isActive: boolean;
  readonly accountStatus: string;
  readonly mobile: string | null;
  readonly email: string | null;
  readonly since: Date;
  readonly lastSessionAt: Date | null;
};

export type Creation = {
  readonly userId: string;
  readonly name: string;
  readonly isNewAccount: boolean;
  readonly isNewAdministrator: boolean;
};

export type Recovery = {
  readonly userId: string;
  readonly name: string;
  readonly hasNewContact: boolean;
  readonly restoredRole: string | null;
  readonly isAccountRestored: boolean;
};

/** Whom to make super admin: an account by its id, or the one that has a contact. */
export type NewAdministrator =
  | { readonly userId: string }
  | { readonly contact: CodeAddress; readonly name: string };

/** Every user who is or was an administrator. `client`: the owner's. */
export async function listAdministrators(client: pg.ClientBase): Promise<readonly Administrator[]> {
  const { rows } = await client.query<Administrator>(
    `select id, name, role, is_active as "isActive", account_status as "accountStatus", mobile, email,
      since, last_session_at as "lastSessionAt"
    from app_private.administrators()`,
  );
  return rows;
}

/** @throws pg.DatabaseError with a registered code and a message for the operator. */
export async function createAdministrator(
  client: pg.ClientBase,
  who: NewAdministrator,
): Promise<Creation> {
  const values =
    'userId' in who
      ? [who.userId, null, null, null]
      : [null, who.contact.mobile, who.contact.email, who.name];
  return only(
    await client.query<Creation>(
      `select user_id as "userId", name, is_new_account as "isNewAccount",
        is_new_administrator as "isNewAdministrator"
      from app_private.create_administrator($1, $2, $3, $4, $5)`,
      [...values, operator()],
    ),
  );
}

/**
 * `who`: the id, number or address of an administrator; `contact`: what they sign in with from now on.
 *
 * @throws pg.DatabaseError with a registered code and a message for the operator.
 */
export async function recoverAdministrator(
  client: pg.ClientBase,
  who: string,
  contact: CodeAddress | null,
): Promise<Recovery> {
  return only(
    await client.query<Recovery>(
      `select user_id as "userId", name, has_new_contact as "hasNewContact",
        restored_role as "restoredRole", is_account_restored as "isAccountRestored"
      from app_private.recover_administrator($1, $2, $3, $4)`,
      [who, contact?.mobile ?? null, contact?.email ?? null, operator()],
    ),
  );
}

/** Who sits at this machine, for the audit log. */
function operator(): string {
  try {
    return `${userInfo().username} at ${hostname()}`;
  } catch {
    // A user id without a name, as in some containers.
    return hostname();
  }
}

function only<Row extends pg.QueryResultRow>({ rows: [row] }: pg.QueryResult<Row>): Row {
  if (row === undefined) {
    throw new Error('A function of the administrators gave no row.');
  }
  return row;
}
