import { type Answer, startApi, type TestApi, tokenFor } from '../api/support.ts';
import {
  beautician,
  idFor,
  type Market,
  openMarket,
  type Row,
  therapist,
  therapist2,
  vendor,
  type Who,
} from '../fixtures/market.ts';
import { addStoredFile } from '../helpers/files.ts';

/** The marketplace of `fixtures/market.sql`, and its API over HTTP. */
export type Providers = {
  readonly market: Market;
  /** Asks the API as a person; as a visitor when `null`. */
  readonly ask: (
    who: Who | null,
    query: string,
    variables?: Record<string, unknown>,
  ) => Promise<Answer>;
  /** One of the mutations on a provider; `ok` or the code of its refusal. */
  readonly act: (
    who: Who | null,
    mutation: string,
    input: Readonly<Record<string, unknown>>,
  ) => Promise<string>;
  /** Attaches a document that was sent; `ok` or the code of its refusal. */
  readonly attach: (
    who: Who,
    providerId: string,
    type: string,
    expiryDate?: string,
  ) => Promise<string>;
  readonly stateOf: (providerId: string) => Promise<Row>;
  readonly bookingOf: (id: unknown) => Promise<Row>;
  /** Types of what a person was told since it was last asked. */
  readonly toldTo: (who: Who) => Promise<readonly string[]>;
  /** Every provider works again, is verified, and has an account. */
  readonly reset: () => Promise<void>;
  readonly close: () => Promise<void>;
};

export const providers = [therapist, therapist2, beautician] as const;

export async function openProviders(): Promise<Providers> {
  const market = await openMarket();
  const api: TestApi = await startApi(market.database);
  const ask: Providers['ask'] = async (who, query, variables = {}) =>
    api.graphql(query, {
      variables,
      ...(who === null ? {} : { token: await tokenFor(idFor(who)) }),
    });
  return {
    market,
    ask,
    act: async (who, mutation, input) => outcome(await ask(who, mutationOf(mutation), { input })),
    async attach(who, providerId, documentType, expiryDate) {
      const fileUrl = await addStoredFile(market.owner, idFor(who), 'provider_document');
      return outcome(
        await ask(
          who,
          `mutation($input: CreateProviderDocumentInput!) {
            createProviderDocument(input: $input) { clientMutationId } }`,
          {
            input: {
              providerDocument: {
                providerId,
                documentType,
                documentName: 'A scan',
                fileUrl,
                expiryDate,
              },
            },
          },
        ),
      );
    },
    stateOf: (providerId) =>
      market.one(
        `select person.status, person.verification_status as verification, person.user_id is not null as has_account,
          p.is_listed as listed
        from providers p, app_private.person_of(p.id) person where p.id = $1`,
        [providerId],
      ),
    bookingOf: (id) =>
      market.one(
        `select b.status, b.needs_provider_since is not null as needs_provider,
          app_private.assigned_provider(b.id) as assigned,
          (select r.provider_id from app_private.provider_reservations r where r.booking_id = b.id) as reserved
        from bookings b where b.id = $1`,
        [id],
      ),
    async toldTo(who) {
      const { rows } = await market.owner.query<{ type: string }>(
        `with told as (
          update notifications set is_read = true, read_at = now()
          where user_id = $1 and not is_read returning type, created_at)
        select type from told order by type`,
        [idFor(who)],
      );
      return rows.map(({ type }) => type);
    },
    async reset() {
      await market.owner.query(
        `update user_profiles set status = 'active' where status <> 'active' and deleted_at is null`,
      );
      await market.owner.query('delete from provider_documents');
      await market.owner.query('delete from provider_private_details');
      for (const [table, id, name] of [
        ['therapists', therapist, 'therapist'],
        ['therapists', therapist2, 'therapist2'],
        ['beauticians', beautician, 'beautician'],
      ] as const) {
        await market.owner.query(
          `update ${table} set status = 'active', verification_status = 'verified', user_id = $2 where id = $1`,
          [id, idFor(name)],
        );
      }
      await market.owner.query(
        'update notifications set is_read = true, read_at = now() where not is_read',
      );
    },
    async close() {
      await api.close();
      await market.close();
    },
  };
}

function mutationOf(name: string): string {
  const field = name === 'reassignBookings' ? 'clientMutationId' : 'result { id }';
  return `mutation($input: ${name.charAt(0).toUpperCase()}${name.slice(1)}Input!) {
    ${name}(input: $input) { ${field} } }`;
}

export function outcome(answer: Answer): string {
  return answer.errors?.[0]?.extensions.code ?? 'ok';
}

export { vendor };
