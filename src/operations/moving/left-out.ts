/** Why the rows of a table are not exported. */
type Reason = {
  /** `version`: migrations bring them. `derived`: made again from other rows. `transient`: over within minutes. */
  readonly kind: 'version' | 'derived' | 'transient';
  readonly reason: string;
};

const ofVersion = (reason: string): Reason => ({ kind: 'version', reason });
const derived = (reason: string): Reason => ({ kind: 'derived', reason });
const transient = (reason: string): Reason => ({ kind: 'transient', reason });

const rules = 'rules that the migrations of each version bring and no one else writes';
const searching = 'what is searched, made again from services, vendors and places';
const closing = 'balances of the journal at a close; the next close counts all of it';
const counting = 'notes of what is to be counted again; after an import all is counted';

/** All other tables of `auth`, `public` and `app_private` are exported whole. */
export const leftOut: Readonly<Record<string, Reason>> = {
  'app_private.assignment_transitions': ofVersion(rules),
  'app_private.audit_redactions': ofVersion(rules),
  'app_private.booking_transitions': ofVersion(rules),
  'app_private.computed_figures': ofVersion(rules),
  'app_private.file_columns': ofVersion(rules),
  'app_private.personal_links': ofVersion(rules),
  'app_private.ticket_status_steps': ofVersion(rules),
  'public.schema_versions': ofVersion('which migrations a database has; it keeps its own'),
  'public.vendor_approval_stages': ofVersion(rules),
  'app_private.account_balances': derived(closing),
  'app_private.customer_last_bookings': derived('counted from the bookings'),
  'app_private.figure_changes': derived(counting),
  'app_private.figure_refreshes': derived(counting),
  'app_private.jobs': derived('when the jobs of the workers are due; they write it anew'),
  'app_private.journal_closes': derived(closing),
  'app_private.performance_changes': derived(counting),
  'app_private.performance_refreshes': derived(counting),
  'app_private.search_changes': derived(searching),
  'app_private.search_documents': derived(searching),
  'app_private.search_words': derived(searching),
  'app_private.sign_in_requests': transient('requests of the last minute'),
  'app_private.social_proofs': transient('accounts that are being linked, for a minute'),
  'app_private.social_sign_ins': transient('people who are at a provider to sign in, for minutes'),
};

/** Schemas that are not exported at all. */
export const leftOutSchemas: Readonly<Record<string, string>> = {
  enums: 'allowed values, which the migrations of each version bring',
  graphile_migrate: 'the history of the migrations; each database keeps its own',
};
