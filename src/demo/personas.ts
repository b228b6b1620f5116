/** Everyone whom the demo data knows by a fixed id, in the order of those ids. */
export const personaNames = [
  'customer',
  'customer2',
  'applicant',
  'vendor',
  'vendor2',
  'vendor_admin',
  'vendor_manager',
  'receptionist',
  'accountant',
  'therapist',
  'therapist2',
  'beautician',
  'field_officer',
  'manager',
  'director',
  'vice_president',
  'customer_care',
  'customer_care_head',
  'customer_care_viewer',
  'finance',
  'hr',
  'marketing',
  'admin',
  'super_admin',
  'nobody',
] as const;

export type PersonaName = (typeof personaNames)[number];

export type Persona = {
  readonly name: PersonaName;
  readonly id: string;
  readonly email: string;
  readonly phone: string;
};

export const personas: Readonly<Record<PersonaName, Persona>> = Object.fromEntries(
  personaNames.map((name, index) => [name, makePersona(name, index + 1)]),
) as Record<PersonaName, Persona>;

export function isPersonaName(text: string): text is PersonaName {
  return (personaNames as readonly string[]).includes(text);
}

const personaIds: ReadonlySet<string> = new Set(personaNames.map((name) => personas[name].id));

export function isPersonaId(id: string): boolean {
  return personaIds.has(id);
}

/**
 * The id of what belongs to a persona: the business that it owns, its row as a therapist or beautician, and
 * that as a provider. README and docs name them, so they are the same on every day.
 */
export function personaRowId(accountId: string, row: 'vendor' | 'staff' | 'provider'): string {
  const series = { vendor: 1, staff: 2, provider: 3 }[row];
  return `${accountId.slice(0, -3)}${series}${accountId.slice(-2)}`;
}

/** The id of a service, by its place in the catalogue, from 1 on. */
export function serviceId(number: number): string {
  return `00000000-0000-4000-8000-000000001${String(number).padStart(3, '0')}`;
}

function makePersona(name: PersonaName, number: number): Persona {
  const digits = String(number).padStart(2, '0');
  return {
    name,
    id: `00000000-0000-4000-8000-0000000000${digits}`,
    email: `${name}@example.com`,
    phone: `+9190000000${digits}`,
  };
}
