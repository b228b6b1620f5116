import type { Season } from '../season.ts';
import { until } from '../until.ts';

/** A vendor's own software follows its bookings, is out of reach, and comes back. */
export function partnersChapter(season: Season): void {
  const url = 'https://hooks.lotus.invalid/bookings';

  describe('a partner', () => {
    it('gets an address and a secret, which the owner changes', async () => {
      const { owner, receptionist } = season.who;
      const { vendorId } = season.facts;
      const create = { vendorId, url, eventTypes: ['booking.created'] };
      expect(await receptionist.refusedAct('createWebhookEndpoint', create)).toBe('OB002');
      const { result } = await owner.prove(
        'createWebhookEndpoint',
        create,
        { result: { secret: expect.stringMatching(/^whsec_/) } },
        'endpointId',
      );
      season.facts.endpointId = result.endpointId;
      const { endpointId } = season.facts;
      await owner.prove(
        'updateWebhookEndpoint',
        { endpointId, description: 'Our till', eventTypes: ['booking.cancelled'] },
        { result: { description: 'Our till', eventTypes: ['booking.cancelled'], url } },
      );
      const { result: next } = await owner.prove(
        'rotateWebhookSecret',
        { endpointId },
        { result: { secret: expect.stringMatching(/^whsec_/) } },
      );
      expect(next.secret).not.toBe(result.secret);
    });

    it('does not answer: the webhook is sent again, until it is given up and the address disabled', async () => {
      const { owner, admin } = season.who;
      const { endpointId } = season.facts;
      const set = (key: string, value: unknown) => admin.act('updateSystemSetting', { key, value });
      await set('webhooks.waits_seconds', [60]);
      const { result: test } = await owner.prove(
        'sendTestWebhook',
        { endpointId },
        { result: { type: 'webhook.test', status: 'waiting' } },
        'id',
      );
      const deliveryId = test.id;
      const statusOf = async () =>
        (
          await owner.query('query ($id: UUID!) { webhookDelivery(id: $id) { status } }', {
            id: deliveryId,
          })
        ).webhookDelivery.status;
      await until('the first failure', async () => (await statusOf()) === 'failed');
      season.market.clock.advanceTo(new Date(season.market.clock.now().getTime() + 120_000));
      await until('the end of the attempts', async () => (await statusOf()) === 'dead');
      await owner.prove(
        'replayWebhookDelivery',
        { deliveryId },
        { result: { status: 'waiting', attempts: 0 } },
      );
      await until('the next failure', async () => (await statusOf()) === 'failed');
      season.market.clock.advanceTo(new Date(season.market.clock.now().getTime() + 120_000));
      await until('the end of the next attempts', async () => (await statusOf()) === 'dead');
      const since = season.at(1, '10:00').toISOString();
      await owner.prove('replayWebhookDeliveries', { endpointId, since }, { result: 1 });
    });
  });
}

/** Days later the address is disabled, and used again. */
export function partnersReturnChapter(season: Season): void {
  describe('a partner who did not answer for days', () => {
    it('is called again once the owner enables it, and is deleted', async () => {
      const { owner } = season.who;
      const { endpointId } = season.facts;
      const disabled = async () =>
        (
          await owner.query('query ($id: UUID!) { webhookEndpoint(id: $id) { disabledReason } }', {
            id: endpointId,
          })
        ).webhookEndpoint.disabledReason;
      // One that was to be sent again may wait still, or have done it already.
      await owner.tryAct('sendTestWebhook', { endpointId });
      await until('the address is disabled', async () => (await disabled()) === 'failing');
      await owner.prove('enableWebhookEndpoint', { endpointId }, { result: { disabledAt: null } });
      await owner.proveBy(
        'deleteWebhookEndpoint',
        { endpointId },
        { by: owner, document: '{ webhookEndpoints { totalCount } }' },
        { webhookEndpoints: { totalCount: 0 } },
      );
    });
  });
}
