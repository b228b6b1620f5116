import { type Day, formatDay, formatMoment, type Moment } from './calendar.ts';
import type { Rows } from './copy.ts';
import { femaleFirstNames, maleFirstNames, surnames } from './names.ts';
import type { Random } from './random.ts';

export type Gender = 'female' | 'male';

export type Account = {
  readonly id: string;
  readonly name: string;
  readonly gender: Gender;
  readonly email: string;
  readonly mobile: string;
  readonly bornOn: Day;
  /** What the person mainly is, one of `enums.profile_role`. */
  readonly profileRole: string;
  readonly registeredAt: Moment;
};

/** Ids of the roles that the migrations made, by code. */
export type RoleIds = ReadonlyMap<
  string,
  { readonly id: string; readonly departmentId: string | null }
>;

export function makeName(random: Random, gender: Gender): string {
  const first = random.pick(gender === 'female' ? femaleFirstNames : maleFirstNames);
  return `${first} ${random.pick(surnames)}`;
}

/** Who can sign in. A profile is another matter: see `addProfile`. */
export function addAuthUser(
  rows: Rows,
  account: Pick<Account, 'id' | 'name' | 'email' | 'mobile' | 'registeredAt'>,
): void {
  const registered = formatMoment(account.registeredAt);
  rows.add('auth.users', {
    id: account.id,
    email: account.email,
    phone: account.mobile,
    raw_user_meta_data: JSON.stringify({ full_name: account.name }),
    created_at: registered,
    updated_at: registered,
  });
}

/** Who came by the quick sign-up has not said everything yet. */
export function addProfile(
  rows: Rows,
  account: Account,
  signupMethod: 'standard' | 'quick' = 'standard',
): void {
  const registered = formatMoment(account.registeredAt);
  rows.add('public.user_profiles', {
    id: account.id,
    name: account.name,
    mobile: account.mobile,
    email: account.email,
    gender: account.gender,
    date_of_birth: formatDay(account.bornOn),
    role: account.profileRole,
    signup_method: signupMethod,
    mobile_verified: true,
    profile_completed: signupMethod === 'standard',
    created_at: registered,
    updated_at: registered,
  });
}

/** @throws Error when the migrations have no such role. */
export function addRole(
  rows: Rows,
  random: Random,
  roleIds: RoleIds,
  account: Account,
  code: string,
): void {
  const role = roleIds.get(code);
  if (role === undefined) {
    throw new Error(`There is no role ${code}.`);
  }
  const registered = formatMoment(account.registeredAt);
  rows.add('public.user_roles', {
    id: random.uuid(),
    user_id: account.id,
    role_id: role.id,
    department_id: role.departmentId,
    assigned_at: registered,
    valid_from: registered.slice(0, 10),
    is_primary: true,
  });
}
