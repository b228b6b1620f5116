import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PersonaName } from '../../src/demo/personas.ts';
import { idOf } from '../fixtures/people.ts';
import { seedTwoWorlds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { codeIn, startApi, type TestApi, tokenFor } from './support.ts';

describe('tickets over GraphQL', () => {
  let database: TestDatabase;
  let api: TestApi;

  beforeAll(async () => {
    database = await createTestDatabase();
    await seedTwoWorlds(database.owner);
    api = await startApi(database);
  });
  afterAll(async () => {
    await api?.close();
    await database?.drop();
  });

  const as = async (person: PersonaName, query: string, variables: Record<string, unknown>) =>
    api.graphql(query, { token: await tokenFor(idOf(person)), variables });
  const say = `mutation ($message: TicketMessageInput!) {
    createTicketMessage(input: { ticketMessage: $message }) { ticketMessage { senderType } }
  }`;
  const setStatus = `mutation ($id: UUID!, $status: TicketStatus!) {
    updateSupportTicket(input: { id: $id, patch: { status: $status } }) {
      supportTicket { status }
    }
  }`;

  test('a ticket is opened, assigned, answered, closed and reopened', async () => {
    const opened = await as(
      'customer',
      `mutation ($ticket: SupportTicketInput!) {
        createSupportTicket(input: { supportTicket: $ticket }) {
          supportTicket { id status firstResponseMinutes resolutionMinutes }
        }
      }`,
      { ticket: { category: 'refund', subject: 'My refund', description: 'Where is it?' } },
    );
    expect(opened.errors).toBeUndefined();
    const { id, ...fresh } = opened.data.createSupportTicket.supportTicket;
    expect(fresh).toEqual({ status: 'open', firstResponseMinutes: null, resolutionMinutes: null });

    const assign = `mutation ($id: UUID!, $user: UUID) {
      assignTicket(input: { ticketId: $id, userId: $user }) { result { status assignedTo } }
    }`;
    expect(codeIn(await as('customer_care', assign, { id, user: idOf('customer') }))).toBe('OB082');
    const care = idOf('customer_care');
    expect((await as('customer_care_head', assign, { id, user: care })).data.assignTicket).toEqual({
      result: { status: 'in_progress', assignedTo: care },
    });

    await as('customer_care', say, {
      message: { ticketId: id, message: 'Fourth this month', isInternal: true },
    });
    await as('customer_care', say, { message: { ticketId: id, message: 'On its way' } });
    const read = `query ($id: UUID!) {
      supportTicket(id: $id) {
        status firstResponseMinutes resolutionMinutes
        ticketMessagesByTicketId(orderBy: CREATED_AT_ASC) { nodes { message senderType } }
      }
    }`;
    expect((await as('customer', read, { id })).data.supportTicket).toEqual({
      status: 'in_progress',
      firstResponseMinutes: 0,
      resolutionMinutes: null,
      ticketMessagesByTicketId: { nodes: [{ message: 'On its way', senderType: 'employee' }] },
    });

    expect(codeIn(await as('customer_care', setStatus, { id, status: 'closed' }))).toBe('OB030');
    for (const status of ['resolved', 'closed']) {
      const { data } = await as('customer_care', setStatus, { id, status });
      expect(data.updateSupportTicket.supportTicket.status).toBe(status);
    }
    expect((await as('customer', read, { id })).data.supportTicket.resolutionMinutes).toBe(0);
    const message = { ticketId: id, message: 'Nothing came' };
    expect(codeIn(await as('customer', say, { message }))).toBe('OB030');
    const reopen = `mutation ($id: UUID!, $reason: String!) {
      reopenTicket(input: { ticketId: $id, reason: $reason }) {
        result { status resolutionMinutes ticketMessagesByTicketId { totalCount } }
      }
    }`;
    expect(codeIn(await as('customer2', reopen, { id, reason: 'Nothing came' }))).toBe('OB003');
    const reopened = await as('customer', reopen, { id, reason: 'Nothing came' });
    expect(reopened.data.reopenTicket.result).toEqual({
      status: 'reopened',
      resolutionMinutes: null,
      ticketMessagesByTicketId: { totalCount: 2 },
    });
  });
});
