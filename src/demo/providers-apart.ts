import { addBeautician } from './beauticians.ts';
import { type Day, formatMoment } from './calendar.ts';
import type { Rows } from './copy.ts';
import type { Defaults } from './defaults.ts';
import { addFile } from './files.ts';
import type { PersonaAccounts } from './people.ts';
import { addProviderRow, type Provider, type Standing } from './providers.ts';
import { Random } from './random.ts';
import { addTherapist } from './therapists.ts';
import type { Vendor } from './vendors.ts';

type Apart = {
  readonly add: typeof addTherapist;
  /** Of which vendor, in their order. */
  readonly vendor: number;
  readonly standing: Standing;
  readonly documents?: readonly ('identity' | 'certificate')[];
  readonly details?: Readonly<Record<string, string>>;
};

/** Providers who wait for verification, and those who are not booked for another reason. */
const apart: readonly Apart[] = [
  {
    add: addTherapist,
    vendor: 0,
    standing: { status: 'active', verification: 'pending' },
    documents: ['identity', 'certificate'],
  },
  {
    add: addBeautician,
    vendor: 0,
    standing: { status: 'active', verification: 'pending' },
    documents: ['identity'],
  },
  { add: addTherapist, vendor: 1, standing: { status: 'active', verification: 'pending' } },
  {
    add: addTherapist,
    vendor: 1,
    standing: { status: 'active', verification: 'rejected' },
    documents: ['identity'],
    details: { rejection_reason: 'The name on the card is another one' },
  },
  {
    add: addTherapist,
    vendor: 0,
    standing: { status: 'paused', verification: 'verified' },
    details: { paused_by: 'provider', status_reason: 'An operation' },
  },
  {
    add: addTherapist,
    vendor: 1,
    standing: { status: 'paused', verification: 'verified' },
    details: { paused_by: 'vendor' },
  },
  {
    add: addTherapist,
    vendor: 0,
    standing: { status: 'suspended', verification: 'verified' },
    details: { status_reason: 'A complaint is looked into' },
  },
];

/** Adds providers without bookings, numbered from `first` on; the bookings of the demo are others'. */
export function addProvidersApart(
  rows: Rows,
  defaults: Defaults,
  accounts: PersonaAccounts,
  vendors: readonly Vendor[],
  first: number,
  today: Day,
): void {
  for (const [
    position,
    { add, vendor: index, standing, documents = [], details = {} },
  ] of apart.entries()) {
    const vendor = vendors[index];
    if (vendor !== undefined) {
      const provider = add(rows, defaults, today, vendor, first + position, undefined, standing);
      addProviderRow(rows, provider);
      addDocuments(rows, provider, documents);
      addDetails(rows, provider, accounts, details);
    }
  }
}

function addDocuments(
  rows: Rows,
  { providerId, account }: Provider,
  types: NonNullable<Apart['documents']>,
): void {
  const random = new Random(`documents of ${providerId}`);
  const createdAt = formatMoment(account.registeredAt + 86_400);
  for (const type of types) {
    rows.add('public.provider_documents', {
      id: random.uuid(),
      provider_id: providerId,
      document_type: type,
      document_name: type === 'identity' ? 'Driving licence' : 'Certificate of training',
      file_url: addFile(rows, random, {
        ownerId: account.id,
        purpose: 'provider_document',
        createdAt,
      }),
      created_at: createdAt,
    });
  }
}

function addDetails(
  rows: Rows,
  { providerId, account, standing }: Provider,
  accounts: PersonaAccounts,
  details: NonNullable<Apart['details']>,
): void {
  const moment = formatMoment(account.registeredAt + 2 * 86_400);
  const isDecided = standing.verification !== 'pending';
  rows.add('public.provider_private_details', {
    provider_id: providerId,
    paused_by: details.paused_by ?? null,
    status_reason: details.status_reason ?? null,
    rejection_reason: details.rejection_reason ?? null,
    verified_by: isDecided ? accounts.admin.id : null,
    verified_at: isDecided ? moment : null,
    created_at: moment,
    updated_at: moment,
  });
}
