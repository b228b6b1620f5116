import type { Person } from '../person.ts';
import { type Column, desk, staff } from './columns.ts';

/** The things that are acted on. */
export type Matter = {
  readonly vendorId: string;
  /** Of `customer`, at the vendor, assigned to `therapist`; it starts in some days. */
  readonly bookingId: string;
  readonly customerId: string;
  readonly applicationId: string;
  readonly serviceId: string;
  readonly facialId: string;
  readonly leaveId: string;
  readonly availabilityId: string;
  readonly therapistId: string;
  readonly therapistProviderId: string;
  readonly ticketId: string;
  readonly employeeId: string;
  readonly partnerTypeId: string;
};

export type Act = {
  readonly name: string;
  /** Tries it; the code of the refusal, or `allowed`. */
  readonly attempt: (by: Person, matter: Matter) => Promise<string>;
  /**
   * The code that comes instead where a user may do it: the attempt leaves out a reason, or names what is not there, so
   * that all may be asked and nothing changes. Rights are checked before values.
   */
  readonly stopsAt?: readonly string[];
  /** Those whom the domain page lets do it. */
  readonly allowed: readonly Column[];
  /** Those of whom it says nothing, and whom the platform lets do it. */
  readonly silent?: readonly Column[];
  readonly refused: {
    readonly visitor: string;
    readonly signedIn: string;
    readonly staff: string;
  } & Partial<Record<Column, string>>;
  /** What the platform answers to those of whom the domain page says something else: a fault that waits for repair. */
  readonly differs?: Partial<Record<Column, string>>;
};

export const none = '00000000-0000-4000-8000-000000000000';

/** Refusals of an act that only users who work for the platform may try. */
export const ofStaff = { visitor: 'OB001', signedIn: '42501', staff: 'OB002' } as const;
/** Refusals of an act at a booking: who has nothing to do with it does not see it. */
export const ofBooking = { visitor: 'OB001', signedIn: 'OB003', staff: 'OB003' } as const;
/** Refusals of an act at a listed vendor. */
export const ofVendor = { visitor: 'OB001', signedIn: 'OB002', staff: 'OB002' } as const;
/** Refusals of writing a row that is seen. */
export const ofRow = { visitor: 'OB001', signedIn: '42501', staff: '42501' } as const;
/** Readers who are not shown what is asked for. */
export const notShown = { visitor: 'OB001', signedIn: 'nothing', staff: 'nothing' } as const;

/** Whether a list or a row shows anything. */
export async function shows(
  by: Person,
  document: string,
  variables?: Record<string, unknown>,
): Promise<string> {
  const outcome = await by.outcome(document, variables);
  if (outcome !== 'allowed') {
    return outcome;
  }
  const [found] = Object.values(await by.query(document, variables)) as { totalCount?: number }[];
  return found === null || found?.totalCount === 0 ? 'nothing' : 'allowed';
}

/** Users of the platform who see bookings and do nothing with them. */
export function readersOfBookings(): Partial<Record<Column, string>> {
  const readers = [
    'manager',
    'director',
    'vicePresident',
    'executive',
    'careViewer',
    'finance',
    'accounts',
  ] as const;
  return Object.fromEntries(readers.map((column) => [column, 'OB002']));
}

export function partiesOfBooking(code: string): Partial<Record<Column, string>> {
  const parties = [...desk, 'customer', 'therapist'] as const;
  return Object.fromEntries(parties.map((column) => [column, code]));
}

/** What the table says: `allowed`, or the code of the refusal. */
export function expectedOf(act: Act, column: Column): string {
  if (act.allowed.includes(column) || act.silent?.includes(column)) {
    return 'allowed';
  }
  const { refused } = act;
  const ofKind =
    column === 'visitor'
      ? refused.visitor
      : staff.includes(column)
        ? refused.staff
        : refused.signedIn;
  return refused[column] ?? ofKind;
}
