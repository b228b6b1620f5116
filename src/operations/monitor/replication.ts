import type pg from 'pg';
import { NotVisible } from './not-visible.ts';
import { howToSeeAllSessions, seesAllSessions } from './sees-all-sessions.ts';

export type Standby = {
  readonly name: string;
  readonly address: string | null;
  readonly state: string;
  /** Written here and not yet applied there. */
  readonly lagBytes: number | null;
  readonly lagSeconds: number | null;
};

export type Slot = {
  readonly slot: string;
  readonly kind: string;
  readonly isActive: boolean;
  /** Kept on disk for it; grows without end while it is not read. */
  readonly retainedBytes: number | null;
};

export type Replication = {
  readonly isStandby: boolean;
  readonly standbys: readonly Standby[];
  readonly slots: readonly Slot[];
};

/**
 * The standbys of this server, and how far behind they are. Source: pg_stat_replication and pg_replication_slots.
 *
 * @throws NotVisible when the role may not see it.
 */
export async function readReplication(client: pg.ClientBase): Promise<Replication> {
  if (!(await seesAllSessions(client))) {
    throw new NotVisible(howToSeeAllSessions);
  }
  const here =
    'case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end';
  const { rows: standbys } = await client.query<Standby>(`
    select application_name as name, host(client_addr) as address, state,
      pg_wal_lsn_diff(${here}, replay_lsn)::double precision as "lagBytes",
      extract(epoch from replay_lag)::double precision as "lagSeconds"
    from pg_stat_replication
    order by 4 desc nulls first, 1`);
  const { rows: slots } = await client.query<Slot>(`
    select slot_name::text as slot, slot_type as kind, active as "isActive",
      pg_wal_lsn_diff(${here}, restart_lsn)::double precision as "retainedBytes"
    from pg_replication_slots
    order by 4 desc nulls last, 1`);
  const { rows: self } = await client.query<{ isStandby: boolean }>(
    'select pg_is_in_recovery() as "isStandby"',
  );
  return { isStandby: self[0]?.isStandby === true, standbys, slots };
}
