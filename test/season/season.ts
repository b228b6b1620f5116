import { type Marketplace, openMarketplace } from './marketplace.ts';
import type { Person } from './person.ts';
import { makeTally, type Tally } from './tally.ts';

/** Everyone who plays a part. At the beginning no one has an account. */
export const people = {
  admin: ['Asha Rao', '+919800000001'],
  secondAdmin: ['Arjun Varma', '+919800000002'],
  hr: ['Ravi Iyer', '+919800000003'],
  fieldOfficer: ['Farah Khan', '+919800000011'],
  manager: ['Manoj Pillai', '+919800000012'],
  director: ['Divya Menon', '+919800000013'],
  vicePresident: ['Vikram Seth', '+919800000014'],
  executive: ['Esha Roy', '+919800000015'],
  finance: ['Fiona Dsouza', '+919800000021'],
  accounts: ['Anil Gupta', '+919800000022'],
  marketing: ['Maya Sen', '+919800000023'],
  it: ['Ishaan Rao', '+919800000024'],
  careHead: ['Chitra Bose', '+919800000025'],
  careDeputy: ['Dev Nanda', '+919800000026'],
  care: ['Charu Pal', '+919800000027'],
  careViewer: ['Vina Rai', '+919800000028'],
  vendorRelations: ['Varun Kaul', '+919800000029'],
  operations: ['Omkar Joshi', '+919800000030'],
  customerData: ['Deepa Shah', '+919800000031'],
  legal: ['Lata Mohan', '+919800000032'],
  owner: ['Leela Nair', '+919800000041'],
  vendorManager: ['Mohan Das', '+919800000042'],
  receptionist: ['Rekha Jain', '+919800000043'],
  accountant: ['Amit Sinha', '+919800000044'],
  vendorAdmin: ['Anita Desai', '+919800000045'],
  therapist: ['Tara Das', '+919800000046'],
  secondTherapist: ['Tarun Vaid', '+919800000047'],
  beautician: ['Bina Paul', '+919800000048'],
  leaver: ['Lalit Modi', '+919800000049'],
  otherOwner: ['Jaya Pillai', '+919800000051'],
  applicant: ['Ankit Verma', '+919800000052'],
  newOwner: ['Nisha Kapoor', '+919800000053'],
  customer: ['Kiran Shah', '+919800000061'],
  friend: ['Farida Ali', '+919800000062'],
  guest: ['Gita Nair', '+919800000063'],
  absent: ['Abhay Rana', '+919800000064'],
  regular: ['Rohini Das', '+919800000065'],
  walkIn: ['Wasim Akhtar', '+919800000066'],
  trainee: ['Tulsi Rao', '+919800000033'],
  stranger: ['Sunil Bose', '+919800000069'],
} as const;

export type Role = keyof typeof people;

/** What earlier chapters leave to later ones. */
export type Facts = {
  vendorId: string;
  otherVendorId: string;
  /** Of a day in the shop, at a price of the vendor's own. */
  massageId: string;
  facialId: string;
  therapistId: string;
  secondTherapistId: string;
  beauticianId: string;
  /** The same three, as providers. */
  therapist: string;
  secondTherapist: string;
  beautician: string;
  /** Where a partner of Lotus Spa is told of bookings. */
  endpointId: string;
  /** Of the owner of Lotus Spa, verified. */
  bankDetailId: string;
};

/** A month of a marketplace, told in chapters that stand on each other. */
export type Season = {
  readonly market: Marketplace;
  readonly who: Readonly<Record<Role, Person>>;
  readonly facts: Facts;
  readonly tally: Tally;
  /** An instant of the so-manieth day, by the clocks of India. The first is a Monday. */
  readonly at: (day: number, time: string) => Date;
  /** The so-manieth day, as `2026-12-07`. */
  readonly day: (day: number) => string;
  readonly open: () => Promise<void>;
  readonly close: () => Promise<void>;
};

const dayMs = 86_400_000;

export function makeSeason(): Season {
  let market: Marketplace | undefined;
  let who: Season['who'] | undefined;
  let firstDay = 0;
  const day = (wanted: number) =>
    new Date(firstDay + (wanted - 1) * dayMs).toISOString().slice(0, 10);
  const at: Season['at'] = (wanted, time) => new Date(`${day(wanted)}T${time}:00+05:30`);
  const opened = <Part>(part: Part | undefined): Part => {
    if (part === undefined) {
      throw new Error('The season has not been opened.');
    }
    return part;
  };
  return {
    get market() {
      return opened(market);
    },
    get who() {
      return opened(who);
    },
    facts: {} as Facts,
    tally: makeTally(),
    at,
    day,
    open: async () => {
      const open = await openMarketplace();
      market = open;
      who = Object.fromEntries(
        Object.entries(people).map(([role, [name, mobile]]) => [role, open.person(name, mobile)]),
      ) as Season['who'];
      firstDay = mondayAfter(open.clock.now());
      open.clock.advanceTo(at(1, '10:00'));
    },
    close: async () => {
      await market?.close();
    },
  };
}

/** Midnight of a Monday that is at least a day away. */
function mondayAfter(time: Date): number {
  const days = Math.ceil(time.getTime() / dayMs) + 1;
  // The first day of Unix time was a Thursday, the fifth a Monday.
  const pastMonday = (days + 3) % 7;
  return (days + ((7 - pastMonday) % 7)) * dayMs;
}
