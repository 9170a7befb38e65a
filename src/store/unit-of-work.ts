import type { Transaction } from 'kysely';
import { targetOf, type Alert } from '../domain/alert.ts';
import { incidentId, nextDeadline, type DeadlineKind, type Incident } from '../domain/incident.ts';
import type { Job, NewJob } from '../domain/job.ts';
import { reachOf, type KnownAlert, type LastWord, type OpenIndex } from '../incidents/correlate.ts';
import type { Command, Refusal } from '../incidents/command.ts';
import { decide } from '../incidents/decide.ts';
import type { Decision } from '../incidents/draft.ts';
import type { Rules } from '../incidents/rules.ts';
import type { WireEntry } from '../incidents/timeline.ts';
import { buryJob, retryJob } from './jobs.ts';
import { ledgerHead, stamp } from './ledger.ts';
import { FOREVER, type NewAlertRow, type Tables } from './schema.ts';

/** Rows a statement: large enough to be fast, far below SQLite's 32,766 parameters. */
const CHUNK = 200;

/** An entry that will be committed, with the incident before and after its decision: what metrics count. */
export interface Committed {
  readonly entries: readonly WireEntry[];
  readonly before: Incident | null;
  readonly after: Incident;
}

/**
 * Everything that one transaction changes. Decisions run against what it holds in memory; `flush` writes all of it in
 * few statements. State, timeline and outgoing work are therefore always written together.
 */
export class UnitOfWork implements OpenIndex {
  readonly tx: Transaction<Tables>;
  readonly now: number;
  readonly #rules: Rules;
  readonly #incidents = new Map<string, Incident>();
  readonly #groups = new Map<string, string>();
  readonly #alerts = new Map<string, KnownAlert>();
  readonly #lastWords = new Map<string, LastWord>();
  readonly #successors = new Map<string, number>();
  readonly #targets = new Map<string, Set<string>>();
  readonly #dirty = new Set<string>();
  readonly #alertRows = new Map<string, NewAlertRow>();
  readonly #entries: WireEntry[] = [];
  readonly #jobs = new Map<string, NewJob & { incident: string }>();
  readonly #dropped = new Set<string>();
  readonly #committed: Committed[] = [];
  #number: number | null = null;

  constructor(tx: Transaction<Tables>, rules: Rules, now: number) {
    this.tx = tx;
    this.#rules = rules;
    this.now = now;
  }

  get committed(): readonly Committed[] {
    return this.#committed;
  }

  /** The incident with this uid, or null. */
  async incident(uid: string): Promise<Incident | null> {
    await this.#load([uid]);
    const incident = this.#incidents.get(uid) ?? null;
    if (incident?.status === 'resolved' && (reachOf(incident) ?? FOREVER) <= this.now)
      await this.#findSuccessor(incident);
    return incident;
  }

  /** Loads what correlating these alerts needs: their holders and the incidents of these grouping keys, with states. */
  async preload(alerts: readonly { source: string; alert: Alert }[], groupingKeys: readonly string[]): Promise<void> {
    const uids = new Set<string>();
    for (const fingerprints of chunks([...new Set(alerts.map(({ alert }) => alert.fingerprint))])) {
      const rows = await this.tx
        .selectFrom('alerts')
        .innerJoin('incidents', 'incidents.uid', 'alerts.incident')
        .select([
          'alerts.incident',
          'alerts.source',
          'alerts.fingerprint',
          'alerts.status',
          'alerts.starts_at',
          'alerts.ends_at',
          'incidents.attach_until',
        ])
        .where('alerts.fingerprint', 'in', fingerprints)
        .where((eb) =>
          eb.or([
            eb('incidents.attach_until', '>', this.now),
            eb('alerts.seen_at', '>', this.now - this.#rules.reopenWithinMs),
          ]),
        )
        .orderBy('incidents.attach_until') // the last one counts: an open incident before one that was resolved
        .orderBy('incidents.created_at')
        .execute();
      for (const row of rows) {
        const word = { status: row.status as LastWord['status'], startsAt: row.starts_at };
        const key = alertKey(row.source, row.fingerprint);
        if (row.attach_until > this.now) {
          this.#alerts.set(key, { incident: row.incident, ...word, endsAt: row.ends_at });
          uids.add(row.incident);
        } else if (word.startsAt >= (this.#lastWords.get(key)?.startsAt ?? 0)) {
          this.#lastWords.set(key, word);
        }
      }
    }
    for (const keys of chunks([...new Set(groupingKeys)])) {
      const rows = await this.tx
        .selectFrom('incidents')
        .select(['uid', 'grouping_key'])
        .where('grouping_key', 'in', keys)
        .where('attach_until', '>', this.now)
        .orderBy('attach_until')
        .orderBy('created_at')
        .execute();
      for (const row of rows) {
        this.#groups.set(row.grouping_key, row.uid);
        uids.add(row.uid);
      }
    }
    await this.#load([...uids]);
    await this.#loadTargets([...uids], new Set(alerts.map(({ alert }) => targetOf(alert.labels))));
  }

  holderOf(source: string, fingerprint: string): KnownAlert | undefined {
    return this.#alerts.get(alertKey(source, fingerprint));
  }

  lastWordOf(source: string, fingerprint: string): LastWord | undefined {
    return this.#lastWords.get(alertKey(source, fingerprint));
  }

  incidentOf(groupingKey: string): string | undefined {
    return this.#groups.get(groupingKey);
  }

  /** The number of the next incident: rising, never used twice, gaps allowed. */
  async nextNumber(): Promise<number> {
    if (this.#number === null) {
      const row = await this.tx
        .selectFrom('meta')
        .select('value')
        .where('name', '=', 'incident_number')
        .executeTakeFirst();
      this.#number = Number(row?.value ?? 0);
    }
    return ++this.#number;
  }

  /** Decides and holds what follows. */
  run(uid: string, command: Command): Decision | Refusal {
    const before = this.#incidents.get(uid) ?? null;
    if (before === null && command.type !== 'observe')
      throw new Error(`incident ${uid} was not read before "${command.type}"`);
    const successor = this.#successors.get(uid);
    if (command.type === 'reopen' && before?.status === 'resolved' && successor !== undefined) {
      return {
        refused: true,
        detail: `${incidentId(before)}: its alerts have gone on to INC-${successor}; work there`,
      };
    }
    const decision = decide(uid, before, command, this.#rules, this.now);
    if ('refused' in decision || decision.entries.length === 0) return decision;
    this.#incidents.set(uid, decision.incident);
    this.#dirty.add(uid);
    if (before === null) this.#groups.set(decision.incident.groupingKey, uid);
    this.#entries.push(...decision.entries);
    for (const job of decision.jobs) this.#queue(uid, job);
    this.#setDeadlines(uid, before, decision.incident);
    this.#committed.push({ entries: decision.entries, before, after: decision.incident });
    return decision;
  }

  /**
   * Notes that an incident holds an alert in this state.
   * @param startsAt the latest beginning that any sender gave it, by which later words are measured
   * @returns whether its target is new to the incident
   */
  keepAlert(incident: string, source: string, alert: Alert, startsAt: number): boolean {
    const target = targetOf(alert.labels);
    const { status, endsAt } = alert;
    this.#alerts.set(alertKey(source, alert.fingerprint), { incident, status, startsAt, endsAt });
    this.#alertRows.set(`${incident} ${alertKey(source, alert.fingerprint)}`, {
      ...{ incident, source, target, fingerprint: alert.fingerprint, status: alert.status },
      ...{ starts_at: startsAt, ends_at: alert.endsAt, seen_at: this.now, generator_url: alert.generatorURL },
      ...{ labels: JSON.stringify(alert.labels), annotations: JSON.stringify(alert.annotations) },
    });
    const targets = this.#targets.get(incident) ?? new Set();
    this.#targets.set(incident, targets);
    const isNew = target !== '' && !targets.has(target);
    targets.add(target);
    return isNew;
  }

  /** Queues work outside of a decision. A key that is there already is replaced. */
  queue(uid: string, job: NewJob): void {
    this.#queue(uid, job);
  }

  /** Makes sure that a claim still holds. @throws StaleLease where it does not */
  async hold(job: Job): Promise<void> {
    // Written rather than read: nobody can claim it before this transaction ends.
    const result = await this.tx
      .updateTable('jobs')
      .set({ fence: job.fence })
      .where('id', '=', job.id)
      .where('fence', '=', job.fence)
      .where('state', '=', 'leased')
      .executeTakeFirst();
    if (Number(result.numUpdatedRows) !== 1) throw new StaleLease(job);
  }

  /** Ends a claimed job. @throws StaleLease where it was claimed by somebody else since */
  async finish(job: Job): Promise<void> {
    const result = await this.tx
      .deleteFrom('jobs')
      .where('id', '=', job.id)
      .where('fence', '=', job.fence)
      .where('state', '=', 'leased')
      .executeTakeFirst();
    if (Number(result.numDeletedRows) !== 1) throw new StaleLease(job);
  }

  /** Puts a claimed job back until `dueAt` with what it must know then. @throws StaleLease as {@link finish} */
  async postpone(job: Job, dueAt: number, error: string, payload: Job['payload']): Promise<void> {
    await this.hold(job);
    await retryJob(this.tx, job, dueAt, error, { payload });
  }

  /** Keeps a claimed job that failed for good as a dead letter. @throws StaleLease as {@link finish} */
  async bury(job: Job, error: string): Promise<void> {
    await this.hold(job);
    await buryJob(this.tx, job, error);
  }

  /** Uses a one-time value up. @returns false where it was used before */
  async spend(key: string, until: number): Promise<boolean> {
    await this.tx.deleteFrom('spent').where('until', '<', this.now).execute();
    const result = await this.tx
      .insertInto('spent')
      .values({ key, until })
      .onConflict((c) => c.column('key').doNothing())
      .executeTakeFirst();
    return Number(result.numInsertedOrUpdatedRows ?? 0) === 1;
  }

  /** Writes everything, in few statements. */
  async flush(): Promise<void> {
    await this.#flushIncidents();
    for (const rows of chunks([...this.#alertRows.values()])) {
      await this.tx
        .insertInto('alerts')
        .values(rows)
        .onConflict((c) =>
          c.columns(['incident', 'source', 'fingerprint']).doUpdateSet((eb) => ({
            status: eb.ref('excluded.status'),
            starts_at: eb.ref('excluded.starts_at'),
            ends_at: eb.ref('excluded.ends_at'),
            seen_at: eb.ref('excluded.seen_at'),
            labels: eb.ref('excluded.labels'),
            annotations: eb.ref('excluded.annotations'),
          })),
        )
        .execute();
    }
    await this.#flushTimeline();
    for (const keys of chunks([...this.#dropped])) await this.tx.deleteFrom('jobs').where('key', 'in', keys).execute();
    await this.#flushJobs();
    if (this.#number !== null) await this.setMeta('incident_number', String(this.#number));
  }

  async setMeta(name: string, value: string): Promise<void> {
    await this.tx
      .insertInto('meta')
      .values({ name, value })
      .onConflict((c) => c.column('name').doUpdateSet({ value }))
      .execute();
  }

  async #load(uids: readonly string[]): Promise<void> {
    for (const part of chunks(uids.filter((uid) => !this.#incidents.has(uid)))) {
      const rows = await this.tx.selectFrom('incidents').select(['uid', 'state']).where('uid', 'in', part).execute();
      for (const row of rows) this.#incidents.set(row.uid, JSON.parse(row.state) as Incident);
    }
  }

  /** Whether another incident has taken up what a resolved one held: two open incidents must never hold one alert. */
  async #findSuccessor({ uid, groupingKey }: Incident): Promise<void> {
    const row = await this.tx
      .selectFrom('incidents')
      .select('number')
      .where('uid', '!=', uid)
      .where('attach_until', '>', this.now)
      .where((eb) =>
        eb.or([
          eb('grouping_key', '=', groupingKey),
          eb.exists(
            eb
              .selectFrom('alerts as mine')
              .innerJoin('alerts as theirs', (on) =>
                on.onRef('theirs.fingerprint', '=', 'mine.fingerprint').onRef('theirs.source', '=', 'mine.source'),
              )
              .select('mine.incident')
              .where('mine.incident', '=', uid)
              .whereRef('theirs.incident', '=', 'incidents.uid'),
          ),
        ]),
      )
      .orderBy('number', 'desc')
      .limit(1)
      .executeTakeFirst();
    if (row !== undefined) this.#successors.set(uid, row.number);
  }

  /** Which of these targets the incidents know already. */
  async #loadTargets(uids: readonly string[], wanted: ReadonlySet<string>): Promise<void> {
    for (const part of chunks(uids)) {
      for (const targets of chunks([...wanted])) {
        const rows = await this.tx
          .selectFrom('alerts')
          .select(['incident', 'target'])
          .distinct()
          .where('incident', 'in', part)
          .where('target', 'in', targets)
          .execute();
        for (const row of rows) {
          const known = this.#targets.get(row.incident) ?? new Set();
          this.#targets.set(row.incident, known.add(row.target));
        }
      }
    }
  }

  #queue(incident: string, job: NewJob): void {
    this.#dropped.delete(job.key);
    this.#jobs.set(job.key, { ...job, incident });
  }

  /** Deadline jobs follow from the incident: one for each deadline that changed. */
  #setDeadlines(uid: string, before: Incident | null, after: Incident): void {
    const kinds = new Set([
      ...Object.keys(before?.deadlines ?? {}),
      ...Object.keys(after.deadlines),
    ]) as Set<DeadlineKind>;
    for (const kind of kinds) {
      const at = after.deadlines[kind];
      if (at === before?.deadlines[kind]) continue;
      const key = `${uid}:deadline:${kind}`;
      if (at === undefined) {
        this.#jobs.delete(key);
        this.#dropped.add(key);
      } else {
        this.#queue(uid, { kind: 'deadline', key, dueAt: at, payload: { kind, at } });
      }
    }
  }

  async #flushIncidents(): Promise<void> {
    const rows = [...this.#dirty].map((uid) => incidentRow(this.#incidents.get(uid) as Incident));
    for (const part of chunks(rows)) {
      await this.tx
        .insertInto('incidents')
        .values(part)
        .onConflict((c) =>
          c.column('uid').doUpdateSet((eb) => ({
            status: eb.ref('excluded.status'),
            level: eb.ref('excluded.level'),
            category: eb.ref('excluded.category'),
            severity: eb.ref('excluded.severity'),
            priority: eb.ref('excluded.priority'),
            team: eb.ref('excluded.team'),
            attach_until: eb.ref('excluded.attach_until'),
            firing: eb.ref('excluded.firing'),
            updated_at: eb.ref('excluded.updated_at'),
            acknowledged_at: eb.ref('excluded.acknowledged_at'),
            acknowledged_by: eb.ref('excluded.acknowledged_by'),
            owner: eb.ref('excluded.owner'),
            resolved_at: eb.ref('excluded.resolved_at'),
            next_kind: eb.ref('excluded.next_kind'),
            next_at: eb.ref('excluded.next_at'),
            state: eb.ref('excluded.state'),
          })),
        )
        .execute();
    }
  }

  /** With their numbers in the ledger: on SQLite there is one writer, so they are given here. */
  async #flushTimeline(): Promise<void> {
    if (this.#entries.length === 0) return;
    const stamps = stamp(await ledgerHead(this.tx), this.#entries);
    const all = this.#entries.map((entry, index) => ({
      ...{ incident: entry.incident, seq: entry.seq, at: Date.parse(entry.at), type: entry.type },
      ...{ entry: JSON.stringify(entry), n: stamps[index]?.n ?? null, chain: stamps[index]?.chain ?? null },
    }));
    for (const rows of chunks(all)) await this.tx.insertInto('timeline').values(rows).execute();
  }

  async #flushJobs(): Promise<void> {
    const rows = [...this.#jobs.values()].map((job) => ({
      ...{
        kind: job.kind,
        key: job.key,
        channel: 'channel' in job.payload ? job.payload.channel : '',
        incident: job.incident,
        state: 'due',
        due_at: Math.floor(job.dueAt),
        lease_until: null,
      },
      ...{ fence: 0, attempts: 0, payload: JSON.stringify(job.payload), last_error: '', created_at: this.now },
    }));
    for (const part of chunks(rows)) {
      await this.tx
        .insertInto('jobs')
        .values(part)
        .onConflict((c) =>
          c.column('key').doUpdateSet((eb) => ({
            state: 'due',
            due_at: eb.ref('excluded.due_at'),
            payload: eb.ref('excluded.payload'),
            fence: eb('jobs.fence', '+', 1), // whoever still works on the old one must not touch the new one
            attempts: 0,
            lease_until: null,
          })),
        )
        .execute();
    }
  }
}

/** A result came back under a lease that was lost: it is refused, and whoever holds the work now decides. */
export class StaleLease extends Error {
  constructor(job: Job) {
    super(`the lease of ${job.kind} job ${job.id} was lost (fence ${job.fence})`);
  }
}

function incidentRow(incident: Incident): Tables['incidents'] {
  const { uid, number, status, level, severity, priority, team, service, environment, source, title, firing } =
    incident;
  const next = nextDeadline(incident);
  return {
    ...{ uid, number, status, level, severity, priority, team, service, environment, source, title, firing },
    category: incident.classification.category,
    grouping_key: incident.groupingKey,
    attach_until: reachOf(incident) ?? FOREVER,
    created_at: incident.createdAt,
    updated_at: incident.updatedAt,
    starts_at: incident.startsAt,
    acknowledged_at: incident.acknowledgedAt,
    acknowledged_by: incident.acknowledgedBy,
    owner: incident.owner,
    resolved_at: incident.resolvedAt,
    next_kind: next?.kind ?? null,
    next_at: next?.at ?? null,
    state: JSON.stringify(incident),
  };
}

function alertKey(source: string, fingerprint: string): string {
  return `${source}\u0000${fingerprint}`;
}

function chunks<T>(items: readonly T[]): T[][] {
  const result: T[][] = [];
  for (let start = 0; start < items.length; start += CHUNK) result.push(items.slice(start, start + CHUNK));
  return result;
}
