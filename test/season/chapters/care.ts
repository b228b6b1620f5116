import { makeBookings } from '../bookings.ts';
import type { Season } from '../season.ts';
import { until } from '../until.ts';

/** Customer care answers a ticket, which is reopened, solved and rated. */
export function careChapter(season: Season): void {
  describe('customer care', () => {
    it('answers a ticket, which its author reopens, and rates once it is solved', async () => {
      const { care, careViewer, customer, stranger } = season.who;
      const opened = {
        category: 'service_quality',
        subject: 'A towel',
        description: 'It is lost.',
      };
      const { supportTicket } = await customer.prove(
        'createSupportTicket',
        { supportTicket: opened },
        { supportTicket: { ...opened, status: 'open' } },
        'id',
      );
      const id = supportTicket.id;
      const ticket = 'query ($id: UUID!) { supportTicket(id: $id) { status } }';
      expect((await stranger.query(ticket, { id })).supportTicket).toBeNull();
      const assign = { ticketId: id, userId: care.id() };
      expect(await careViewer.refusedAct('assignTicket', assign)).toBe('OB002');
      await care.prove('assignTicket', assign, {
        result: { status: 'in_progress', assignedTo: care.id() },
      });
      season.market.clock.advanceTo(new Date(season.market.clock.now().getTime() + 2 * 3_600_000));
      await care.prove(
        'createTicketMessage',
        { ticketMessage: { ticketId: id, message: 'We look for it.' } },
        { ticketMessage: { senderType: 'employee' } },
      );
      await customer.act('createTicketMessage', {
        ticketMessage: { ticketId: id, message: 'It is white.' },
      });
      const solve = { id, patch: { status: 'resolved', resolutionNotes: 'Found.' } };
      expect(await careViewer.refusedAct('updateSupportTicket', solve)).toBe('OB003');
      await care.prove('updateSupportTicket', solve, { supportTicket: { status: 'resolved' } });
      await customer.prove(
        'reopenTicket',
        { ticketId: id, reason: 'It is another one.' },
        { result: { status: 'reopened' } },
      );
      await care.act('updateSupportTicket', { id, patch: { status: 'in_progress' } });
      await care.act('updateSupportTicket', solve);
      await customer.prove(
        'updateSupportTicket',
        { id, patch: { satisfactionRating: 4 } },
        { supportTicket: { satisfactionRating: 4 } },
      );
    });
  });

  describe('messages', () => {
    it('are marked as read, one and all', async () => {
      const { owner } = season.who;
      const unread = { by: owner, document: '{ unreadNotificationCount }' };
      const { notifications, unreadNotificationCount } = await owner.query(
        '{ unreadNotificationCount notifications(first: 1) { nodes { id } } }',
      );
      expect(unreadNotificationCount).toBeGreaterThan(1);
      await owner.prove(
        'updateNotification',
        { id: notifications.nodes[0].id, patch: { isRead: true } },
        { notification: { isRead: true } },
      );
      await owner.proveBy('markAllNotificationsRead', {}, unread, { unreadNotificationCount: 0 });
    });

    it('that cannot be delivered are dead letters, which IT sends again', async () => {
      const { customer, it: itOfficer, care } = season.who;
      // Nothing here sends to telephones.
      await customer.act('registerDevice', {
        kind: 'expo',
        platform: 'ios',
        endpoint: 'ExponentPushToken[another]',
      });
      await customer.act('cancelBooking', {
        bookingId: await aBookingOf(season),
        reason: 'A change of plans',
      });
      const dead = '{ deadLetters { nodes { id } } }';
      await until(
        'a dead letter',
        async () => (await itOfficer.query(dead)).deadLetters.nodes.length > 0,
      );
      const { deadLetters } = await itOfficer.query(dead);
      const retry = { deliveryId: deadLetters.nodes[0].id };
      expect(await care.refusedAct('retryDelivery', retry)).toBe('OB002');
      await itOfficer.prove('retryDelivery', retry, { result: { status: 'waiting', attempts: 0 } });
    });

    it('errors are grouped, and IT resolves them', async () => {
      const { it: itOfficer, care } = season.who;
      await season.market.gateway.mistaken();
      const open = '{ openErrors { nodes { id errorType } } }';
      const found = async () =>
        (await itOfficer.query(open)).openErrors.nodes.find(
          ({ errorType }: { errorType: string }) => errorType === 'payment_event',
        );
      await until('the error', async () => (await found()) !== undefined);
      const resolve = { errorId: (await found()).id };
      expect(await care.refusedAct('resolveError', resolve)).toBe('OB002');
      await itOfficer.prove('resolveError', resolve, { result: { resolved: true } });
    });
  });
}

/** A booking of the customer for a week later, paid in cash. */
async function aBookingOf(season: Season): Promise<string> {
  const { id } = await makeBookings(season).forCash({
    by: season.who.customer,
    provider: season.facts.beautician,
    services: [season.facts.facialId],
    day: 12,
    time: '11:00',
  });
  return id;
}
