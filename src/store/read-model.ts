import { sql, type Kysely, type SqlBool } from 'kysely';
import type { Alert } from '../domain/alert.ts';
import type { EntryType } from '../domain/entry.ts';
import type { Incident } from '../domain/incident.ts';
import type { Frozen } from '../fixes/frozen.ts';
import type { OpenIncident } from '../incidents/situation.ts';
import type { WireEntry } from '../incidents/timeline.ts';
import { controlHistory, readFrozen, type ControlEntry } from './fix-controls.ts';
import { readFixRecord, type FixRecord } from './fix-record.ts';
import type { IncidentFilter } from './incident-filter.ts';
import { countOpen, listRows, newestNumbers, type ListPlace, type ListRow, type OpenCounts } from './incident-list.ts';
import { readLabels } from './read-labels.ts';
import type { AlertRow, Tables } from './schema.ts';
import { readMeta } from './meta.ts';

export interface StoredAlert extends Alert {
  readonly source: string;
  readonly seenAt: number;
}

export interface StoredBundle {
  readonly n: number;
  readonly sha256: string;
  readonly bytes: number;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** Read-only questions, asked by the API, the metrics and the console over a connection of their own. */
export interface ReadModel {
  /** Newest first. `before`: only incidents with a lower number. */
  incidents(filter: IncidentFilter, limit: number, before: number | null): Promise<Incident[]>;
  byNumber(number: number): Promise<Incident | null>;
  byUid(uid: string): Promise<Incident | null>;
  timeline(uid: string): Promise<WireEntry[]>;
  /** The newest entries, oldest first. */
  recentTimeline(uid: string, limit: number): Promise<WireEntry[]>;
  alerts(uid: string, limit: number): Promise<StoredAlert[]>;
  firstAlerts(uids: readonly string[]): Promise<Map<string, StoredAlert>>;
  /** The newest bundle, or the n-th. */
  bundle(uid: string, n: number | null): Promise<StoredBundle | null>;
  deliveriesTaken(): Promise<number>;
  /** The highest number of the inbox that the store has dealt with, accepted or refused. */
  inboxNumber(): Promise<number>;
  /** The team of each of these incidents, by uid. */
  teamsOf(uids: readonly string[]): Promise<Map<string, string>>;
  /** What needs people first, a page of it. */
  rows(filter: IncidentFilter, limit: number, after: ListPlace | null): Promise<ListRow[]>;
  openCounts(): Promise<OpenCounts>;
  /** Open incidents that are about a service, the newest first; at most {@link OPEN_MAX}. */
  openOnServices(): Promise<OpenIncident[]>;
  /** The newest entries first; `before`: only those with a lower sequence number. */
  recentEntries(uid: string, limit: number, before: number | null): Promise<WireEntry[]>;
  /** The newest entry of a type, such as what set the priority. */
  lastEntry(uid: string, type: EntryType): Promise<WireEntry | null>;
  /** The kill switch of known fixes; null where they may run. */
  frozen(): Promise<Frozen | null>;
  /** The breaker of a fix and its newest attempts. */
  fixRecord(fix: string, limit: number): Promise<FixRecord>;
  /** Who threw and released it, the newest first. */
  freezes(limit: number): Promise<ControlEntry[]>;
}

/** In a storm of more the older ones are left out of situations. */
const OPEN_MAX = 500;

export function createReadModel(db: Kysely<Tables>): ReadModel {
  const one = async (column: 'uid' | 'number', value: string | number): Promise<Incident | null> => {
    const row = await db.selectFrom('incidents').select('state').where(column, '=', value).executeTakeFirst();
    return row === undefined ? null : (JSON.parse(row.state) as Incident);
  };
  return {
    async incidents(filter, limit, before) {
      const numbers = await newestNumbers(db, filter, limit, before);
      if (numbers.length === 0) return [];
      const query = db.selectFrom('incidents').select('state').where('number', 'in', numbers);
      const rows = await query.orderBy('number', 'desc').execute();
      return rows.map((row) => JSON.parse(row.state) as Incident);
    },
    byNumber: (number) => one('number', number),
    byUid: (uid) => one('uid', uid),
    async timeline(uid) {
      const rows = await db.selectFrom('timeline').select('entry').where('incident', '=', uid).orderBy('seq').execute();
      return rows.map((row) => JSON.parse(row.entry) as WireEntry);
    },
    async recentTimeline(uid, limit) {
      const newest = db
        .selectFrom('timeline')
        .select('entry')
        .where('incident', '=', uid)
        .orderBy('seq', 'desc')
        .limit(limit);
      return (await newest.execute()).map((row) => JSON.parse(row.entry) as WireEntry).toReversed();
    },
    async alerts(uid, limit) {
      const rows = await db
        .selectFrom('alerts')
        .selectAll()
        .where('incident', '=', uid)
        .orderBy('status')
        .orderBy('starts_at')
        .limit(limit)
        .execute();
      return rows.map(toAlert);
    },
    async firstAlerts(uids) {
      const found = new Map<string, StoredAlert>();
      if (uids.length === 0) return found;
      // One look into the index an incident, however many alerts it holds: asked of each alert, 5,000 of them took seconds.
      const first = sql`(select b.source, b.fingerprint from alerts b where b.incident = i.uid
        order by b.source, b.fingerprint limit 1)`;
      const rows = await db
        .selectFrom('incidents as i')
        .innerJoin('alerts as a', 'a.incident', 'i.uid')
        .selectAll('a')
        .where('i.uid', 'in', [...uids])
        .where(sql<SqlBool>`(a.source, a.fingerprint) = ${first}`)
        .execute();
      for (const row of rows) found.set(row.incident, toAlert(row));
      return found;
    },
    async bundle(uid, n) {
      let query = db
        .selectFrom('bundles')
        .select(['n', 'sha256', 'bytes', 'created_at as createdAt'])
        .where('incident', '=', uid)
        .orderBy('n', 'desc')
        .limit(1);
      if (n !== null) query = query.where('n', '=', n);
      return (await query.executeTakeFirst()) ?? null;
    },
    async deliveriesTaken() {
      return Number((await readMeta(db, 'deliveries_taken')) ?? 0);
    },
    async inboxNumber() {
      const rows = await db
        .selectFrom('meta')
        .select('value')
        .where('name', 'in', ['deliveries_taken', 'refusals_told'])
        .execute();
      return Math.max(0, ...rows.map(({ value }) => Number(value)));
    },
    async teamsOf(uids) {
      if (uids.length === 0) return new Map();
      const rows = await db
        .selectFrom('incidents')
        .select(['uid', 'team'])
        .where('uid', 'in', [...uids])
        .execute();
      return new Map(rows.map(({ uid, team }) => [uid, team]));
    },
    rows: (filter, limit, after) => listRows(db, filter, limit, after),
    openCounts: () => countOpen(db),
    async openOnServices() {
      const open = db.selectFrom('incidents').select(['number', 'service', 'team', 'starts_at']);
      const about = open.where('service', '!=', '').orderBy('number', 'desc').limit(OPEN_MAX);
      // one status at a time: each is a range of an index in this order
      const found = [
        ...(await about.where('status', '=', 'triggered').execute()),
        ...(await about.where('status', '=', 'acknowledged').execute()),
      ].map(({ starts_at: startsAt, number, ...row }) => ({
        ...row,
        number: Number(number),
        startsAt: Number(startsAt),
      }));
      return found.sort((a, b) => b.number - a.number).slice(0, OPEN_MAX);
    },
    async recentEntries(uid, limit, before) {
      let query = db.selectFrom('timeline').select('entry').where('incident', '=', uid);
      if (before !== null) query = query.where('seq', '<', before);
      const rows = await query.orderBy('seq', 'desc').limit(limit).execute();
      return rows.map((row) => JSON.parse(row.entry) as WireEntry);
    },
    frozen: () => readFrozen(db),
    fixRecord: (fix, limit) => readFixRecord(db, fix, limit),
    freezes: (limit) => controlHistory(db, ['fixes_frozen', 'fixes_allowed'], limit),
    async lastEntry(uid, type) {
      const query = db.selectFrom('timeline').select('entry').where('incident', '=', uid).where('type', '=', type);
      const row = await query.orderBy('seq', 'desc').limit(1).executeTakeFirst();
      return row === undefined ? null : (JSON.parse(row.entry) as WireEntry);
    },
  };
}

function toAlert(row: AlertRow): StoredAlert {
  return {
    ...{ source: row.source, fingerprint: row.fingerprint, status: row.status as Alert['status'] },
    ...{ startsAt: row.starts_at, endsAt: row.ends_at, seenAt: row.seen_at, generatorURL: row.generator_url },
    labels: readLabels(row.labels),
    annotations: readLabels(row.annotations),
  };
}
