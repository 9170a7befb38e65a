import { sql, type Transaction } from 'kysely';
import { placeOf, targetOf, type Alert, type Labels } from '../domain/alert.ts';
import { incidentId, type AttemptState, type DeadlineKind, type Incident } from '../domain/incident.ts';
import type { Job, NewJob } from '../domain/job.ts';
import { alertIdentity } from '../incidents/alert-identity.ts';
import { reachOf, type KnownAlert, type LastWord, type OpenIndex } from '../incidents/correlate.ts';
import type { Command, Refusal } from '../incidents/command.ts';
import { decide } from '../incidents/decide.ts';
import type { Decision } from '../incidents/draft.ts';
import type { Remembered } from '../incidents/remembered.ts';
import type { Rules } from '../incidents/rules.ts';
import { GENESIS, sealEntry, type OpenEntry, type WireEntry } from '../incidents/timeline.ts';
import { anyCorrection, findCorrection } from './corrections.ts';
import { chunks } from './insert-rows.ts';
import { moveAttempt } from './fix-journal.ts';
import { asClaimed, buryJob, retryJob, type Queued } from './jobs.ts';
import { findGroups, findHolders, findIncidents, findSuccessor, findTargets } from './look-up.ts';
import { FOREVER, type NewAlertRow, type Tables } from './schema.ts';
import { openedFast, writeLikenesses } from './surroundings.ts';
import { channelOf, writeAlerts, writeIncidents, writeJobs, writeTimeline } from './write-changes.ts';
import { readMeta, writeMeta } from './meta.ts';

/** So many incidents opened within so long are a storm. */
const STORM = { incidents: 100, withinMs: 10_000 } as const;

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
  readonly #opened: Incident[] = [];
  #recorded = 0;
  #number: number | null = null;
  #stormy: boolean | null = null;
  /** Proposed fixes that a decision ended: the journal follows. */
  readonly #withdrawn = new Map<string, AttemptState>();
  /** Whether there is anything to recall. */
  #corrected: boolean | null = null;

  constructor(tx: Transaction<Tables>, rules: Rules, now: number) {
    this.tx = tx;
    this.#rules = rules;
    this.now = now;
  }

  get committed(): readonly Committed[] {
    return this.#committed;
  }

  /** How many entries were added to chains that are of no incident. */
  get recorded(): number {
    return this.#recorded;
  }

  /** What was queued, one of each kind and channel: the one that is due first. */
  get queued(): readonly Queued[] {
    const first = new Map<string, Queued>();
    for (const job of this.#jobs.values()) {
      const one = { kind: job.kind, channel: channelOf(job), inMs: job.dueAt - this.now };
      const key = `${one.kind} ${one.channel}`;
      if (one.inMs < (first.get(key)?.inMs ?? Infinity)) first.set(key, one);
    }
    return [...first.values()];
  }

  /** The incident with this uid, or null. */
  async incident(uid: string): Promise<Incident | null> {
    await this.#load([uid]);
    const incident = this.#incidents.get(uid) ?? null;
    if (incident?.status === 'resolved' && (reachOf(incident) ?? FOREVER) <= this.now) {
      const successor = await findSuccessor(this.tx, incident, this.now);
      if (successor !== null) this.#successors.set(uid, successor);
    }
    return incident;
  }

  /** Reads several incidents, to be decided upon one after the other. */
  async incidents(uids: readonly string[]): Promise<void> {
    await this.#load([...new Set(uids)]);
  }

  /** Loads what correlating these alerts needs: their holders and the incidents of these grouping keys, with states. */
  async preload(alerts: readonly { source: string; alert: Alert }[], groupingKeys: readonly string[]): Promise<void> {
    const uids = new Set<string>();
    const fingerprints = [...new Set(alerts.map(({ alert }) => alert.fingerprint))];
    const seenAfter = this.now - this.#rules.reopenWithinMs;
    for (const row of await findHolders(this.tx, fingerprints, this.now, seenAfter)) {
      const word = { status: row.status as LastWord['status'], startsAt: row.starts_at };
      const key = alertKey(row.source, row.fingerprint);
      if (row.attach_until > this.now) {
        this.#alerts.set(key, { incident: row.incident, ...word, endsAt: row.ends_at });
        uids.add(row.incident);
      } else if (word.startsAt >= (this.#lastWords.get(key)?.startsAt ?? 0)) {
        this.#lastWords.set(key, word);
      }
    }
    for (const row of await findGroups(this.tx, [...new Set(groupingKeys)], this.now)) {
      this.#groups.set(row.grouping_key, row.uid);
      uids.add(row.uid);
    }
    await this.#load([...uids]);
    const targets = [...new Set(alerts.map(({ alert }) => targetOf(alert.labels)))];
    for (const row of await findTargets(this.tx, [...uids], targets)) {
      const known = this.#targets.get(row.incident) ?? new Set();
      this.#targets.set(row.incident, known.add(row.target));
    }
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
    this.#number ??= Number((await readMeta(this.tx, 'incident_number')) ?? 0);
    return ++this.#number;
  }

  /** Whether more incidents opened just now, in this transaction or before it, than anybody looks at one by one. */
  async isStorm(): Promise<boolean> {
    if (this.#opened.length >= STORM.incidents) return true;
    this.#stormy ??= await openedFast(this.tx, STORM.incidents, this.now - STORM.withinMs);
    return this.#stormy;
  }

  /** What a person filed the same alert under before, or null. */
  async recall(source: string, labels: Labels): Promise<Remembered | null> {
    this.#corrected ??= await anyCorrection(this.tx);
    return this.#corrected ? findCorrection(this.tx, alertIdentity(source, labels)) : null;
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
    if (before === null) {
      this.#groups.set(decision.incident.groupingKey, uid);
      this.#opened.push(decision.incident);
    }
    this.#entries.push(...decision.entries);
    for (const job of decision.jobs) this.#queue(uid, job);
    this.#setDeadlines(uid, before, decision.incident);
    this.#noteWithdrawn(before, decision.incident);
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
      place: placeOf(alert.labels),
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

  /** Adds an entry to a chain that is of no incident. */
  async record(chain: string, entry: OpenEntry): Promise<void> {
    const here = this.#entries.findLast(({ incident }) => incident === chain);
    const { seq, hash } = here ?? (await lastOfChain(this.tx, chain));
    this.#entries.push(sealEntry(chain, seq + 1, this.now, hash, entry));
    this.#recorded += 1;
  }

  /** Makes sure that a claim still holds. @throws StaleLease where it does not */
  async hold(job: Job): Promise<void> {
    if ((await this.holdAll([job])).length !== 1) throw new StaleLease(job);
  }

  /** Of these claimed jobs, those that nobody else has claimed since; nobody can before this transaction ends. */
  async holdAll(jobs: readonly Job[]): Promise<Job[]> {
    // Written rather than read, so that a claim of another waits.
    return ofThese(jobs, (part) =>
      this.tx
        .updateTable('jobs')
        .set({ fence: sql<number>`fence` })
        .where((eb) => asClaimed(eb, part))
        .returning('id')
        .execute(),
    );
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

  /** Ends those of these claimed jobs that nobody else has claimed since. @returns these */
  async finishAll(jobs: readonly Job[]): Promise<Job[]> {
    return ofThese(jobs, (part) =>
      this.tx
        .deleteFrom('jobs')
        .where((eb) => asClaimed(eb, part))
        .returning('id')
        .execute(),
    );
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
    await writeIncidents(
      this.tx,
      [...this.#dirty].map((uid) => this.#incidents.get(uid) as Incident),
    );
    await writeLikenesses(this.tx, this.#opened);
    await writeAlerts(this.tx, [...this.#alertRows.values()]);
    await writeTimeline(this.tx, this.#entries);
    for (const keys of chunks([...this.#dropped])) await this.tx.deleteFrom('jobs').where('key', 'in', keys).execute();
    await writeJobs(this.tx, [...this.#jobs.values()], this.now);
    for (const [id, state] of this.#withdrawn) await moveAttempt(this.tx, id, ['awaiting_approval'], state);
    if (this.#number !== null) await this.setMeta('incident_number', String(this.#number));
  }

  async setMeta(name: string, value: string): Promise<void> {
    await writeMeta(this.tx, name, value);
  }

  async #load(uids: readonly string[]): Promise<void> {
    const unknown = uids.filter((uid) => !this.#incidents.has(uid));
    for (const incident of await findIncidents(this.tx, unknown)) this.#incidents.set(incident.uid, incident);
  }

  #queue(incident: string, job: NewJob): void {
    this.#dropped.delete(job.key);
    this.#jobs.set(job.key, { ...job, incident });
  }

  #noteWithdrawn(before: Incident | null, after: Incident): void {
    for (const { id, state } of before?.attempts ?? []) {
      if (state !== 'awaiting_approval') continue;
      const now = after.attempts.find((one) => one.id === id)?.state;
      if (now !== undefined && now !== state) this.#withdrawn.set(id, now);
    }
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
}

/** A result came back under a lease that was lost: it is refused, and whoever holds the work now decides. */
export class StaleLease extends Error {
  constructor(job: Job) {
    super(`the lease of ${job.kind} job ${job.id} was lost (fence ${job.fence})`);
  }
}

async function lastOfChain(tx: Transaction<Tables>, chain: string): Promise<Pick<WireEntry, 'seq' | 'hash'>> {
  const query = tx.selectFrom('timeline').select('entry').where('incident', '=', chain);
  const row = await query.orderBy('seq', 'desc').limit(1).executeTakeFirst();
  return row === undefined ? { seq: 0, hash: GENESIS } : (JSON.parse(row.entry) as WireEntry);
}

/** Does something to these jobs, some at a time. @returns those that it was done to */
async function ofThese(
  jobs: readonly Job[],
  act: (part: readonly Job[]) => Promise<readonly { readonly id: number }[]>,
): Promise<Job[]> {
  const done = new Set<number>();
  for (const part of chunks(jobs)) for (const { id } of await act(part)) done.add(id);
  return jobs.filter(({ id }) => done.has(id));
}

function alertKey(source: string, fingerprint: string): string {
  return `${source}\u0000${fingerprint}`;
}
