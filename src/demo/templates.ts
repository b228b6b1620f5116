import type pg from 'pg';
import { formatMoment, hour, type Moment, momentOf } from './calendar.ts';
import { formatArray, type Rows } from './copy.ts';
import { isPersonaId } from './personas.ts';
import type { Random } from './random.ts';

export type Audience = 'customer' | 'vendor' | 'provider' | 'applicant' | 'reviewer';

type Template = {
  readonly title: string;
  readonly message: string;
  readonly channels: readonly string[];
  readonly priority: string;
  readonly action_url: string;
};

/** The English words of the notifications, by type and audience: `booking_confirmed customer`. */
export type Templates = ReadonlyMap<string, Template>;

export type Notice = {
  readonly type: string;
  readonly at: Moment;
  /** What templates may say of it. */
  readonly fields: Readonly<Record<string, string>>;
  /** From which a front end opens a screen. */
  readonly data: Readonly<Record<string, string>>;
};

/** A persona has the notifications of two weeks, every other user the new ones. */
const daysOfPersonas = 14;
const daysOfOthers = 2;

export async function readTemplates(client: pg.ClientBase): Promise<Templates> {
  const { rows } = await client.query<Template & { type: string; audience: string }>(
    `select type, audience, title, message, channels, priority, action_url
    from public.notification_templates
    where language = 'en' and is_active`,
  );
  return new Map(rows.map((template) => [`${template.type} ${template.audience}`, template]));
}

/** Whether a notice of this moment is among the notifications of a user. */
export function isRemembered(at: Moment, today: number): boolean {
  return at >= momentOf(today - daysOfPersonas);
}

/** Adds what the triggers would have told these people, in the words of the template. */
export function notify(
  rows: Rows,
  random: Random,
  templates: Templates,
  today: number,
  audience: Audience,
  userIds: readonly string[],
  { type, at, fields, data }: Notice,
): void {
  const template = templates.get(`${type} ${audience}`);
  if (template === undefined) {
    throw new Error(`There is no template for ${type} to the ${audience}.`);
  }
  for (const userId of userIds) {
    const days = isPersonaId(userId) ? daysOfPersonas : daysOfOthers;
    if (at >= momentOf(today - days)) {
      const isRead = random.chance(0.6);
      rows.add('public.notifications', {
        id: random.uuid(),
        user_id: userId,
        type,
        title: render(template.title, fields),
        message: render(template.message, fields),
        data: JSON.stringify(data),
        // Every user here can be reached, and has switched nothing off.
        channels: formatArray(['in_app', ...template.channels.filter((name) => name !== 'in_app')]),
        is_read: isRead,
        read_at: isRead ? formatMoment(Math.min(at + hour, momentOf(today))) : null,
        priority: template.priority,
        action_url: render(template.action_url, fields),
        created_at: formatMoment(at),
      });
    }
  }
}

function render(template: string, fields: Notice['fields']): string {
  return template.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = fields[name];
    if (value === undefined) {
      throw new Error(`The template asks for ${name}, which is not known.`);
    }
    return value;
  });
}
