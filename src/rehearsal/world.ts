import type { Alert, AlertGroup } from '../domain/alert.ts';
import { targetOf } from '../domain/alert.ts';
import type { DeadlineKind, Incident } from '../domain/incident.ts';
import { incidentId } from '../domain/incident.ts';
import type { NewJob } from '../domain/job.ts';
import { alertIdentity } from '../incidents/alert-identity.ts';
import type { Command, Refusal } from '../incidents/command.ts';
import { reachOf, type KnownAlert, type LastWord } from '../incidents/correlate.ts';
import { decide } from '../incidents/decide.ts';
import type { Decision } from '../incidents/draft.ts';
import { fold } from '../incidents/evolve.ts';
import type { Remembered } from '../incidents/remembered.ts';
import type { Rules } from '../incidents/rules.ts';
import { openEntry, type WireEntry } from '../incidents/timeline.ts';
import { observeGroup, type Observing } from '../jobs/observe.ts';

interface HeldAlert {
  readonly incident: string;
  readonly source: string;
  readonly alert: Alert;
  readonly startsAt: number;
  readonly seenAt: number;
}

/**
 * A bridge without disk and clock: incidents, their timelines and alerts, due work and the time, all in memory, driven by
 * the same pure decisions and the same observing as the real one.
 */
export class World {
  now: number;
  readonly rules: Rules;
  readonly incidents = new Map<string, Incident>();
  readonly timelines = new Map<string, WireEntry[]>();
  readonly alerts = new Map<string, HeldAlert>();
  readonly jobs: (NewJob & { incident: string })[] = [];
  readonly #remembered = new Map<string, Remembered>();
  #number = 0;
  #deliveries = 0;

  /** @param now epoch milliseconds: when the story begins */
  constructor(rules: Rules, now = Date.UTC(2026, 0, 5, 3)) {
    this.rules = rules;
    this.now = now;
  }

  /** The incident with this number. */
  incident(number = 1): Incident {
    const found = [...this.incidents.values()].find((incident) => incident.number === number);
    if (found === undefined) throw new Error(`there is no INC-${number}`);
    return found;
  }

  uid(number = 1): string {
    return this.incident(number).uid;
  }

  /** `INC-1 triggered level 2, 2 firing` for each. */
  summary(): string[] {
    return [...this.incidents.values()].map(
      (incident) => `${incidentId(incident)} ${incident.status}, ${incident.firing} firing`,
    );
  }

  timeline(number = 1): readonly WireEntry[] {
    return this.timelines.get(this.uid(number)) ?? [];
  }

  types(number = 1): string[] {
    return this.timeline(number).map(({ type }) => type);
  }

  async deliver(group: AlertGroup, delivery = `d${++this.#deliveries}`): Promise<void> {
    const open: Observing = {
      isStorm: async () => false,
      now: this.now,
      holderOf: (source, fingerprint) => this.#words(source, fingerprint).held,
      lastWordOf: (source, fingerprint) => this.#words(source, fingerprint).last,
      incidentOf: (groupingKey) =>
        [...this.incidents.values()].findLast((one) => one.groupingKey === groupingKey && this.#reaches(one))?.uid,
      nextNumber: async () => ++this.#number,
      recall: async (source, labels) => this.#remembered.get(alertIdentity(source, labels)) ?? null,
      keepAlert: (incident, source, alert, startsAt) => this.#keep(incident, source, alert, startsAt),
      run: (uid, command) => this.do(uid, command),
    };
    await observeGroup(open, delivery, group, this.rules.groupingBy);
  }

  do(uid: string, command: Command): Decision | Refusal {
    const before = this.incidents.get(uid) ?? null;
    const decision = decide(uid, before, command, this.rules, this.now);
    if ('refused' in decision || decision.entries.length === 0) return decision;
    if (command.type === 'reclassify' && before !== null) this.#remember(before, command);
    this.incidents.set(uid, decision.incident);
    this.timelines.set(uid, [...(this.timelines.get(uid) ?? []), ...decision.entries]);
    this.jobs.push(...decision.jobs.map((job) => ({ ...job, incident: uid })));
    return decision;
  }

  /** What a person said of an alert before the story begins. */
  remember(identity: string, said: Remembered): void {
    this.#remembered.set(identity, said);
  }

  #remember({ source, labels, number }: Incident, command: Extract<Command, { type: 'reclassify' }>): void {
    const { by, category, reason } = command;
    this.remember(alertIdentity(source, labels), { by: by.name, category, reason, incident: number, at: this.now });
  }

  /** Lets time pass; every deadline on the way is met when it is due. */
  wait(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const next = this.nextDeadline();
      if (next === null || next.at > until) break;
      this.now = Math.max(this.now, next.at);
      this.do(next.uid, { type: 'deadline', kind: next.kind, at: next.at });
    }
    this.now = until;
  }

  /** Whether another incident within reach has taken up an alert or the group of this one: `UnitOfWork` refuses to reopen it. */
  succeeded(uid: string): boolean {
    const mine = this.incidents.get(uid) as Incident;
    if (this.#reaches(mine)) return false;
    const alerts = [...this.alerts.values()];
    const held = new Set(alerts.filter((row) => row.incident === uid).map(({ alert }) => alert.fingerprint));
    return [...this.incidents.values()].some(
      (other) =>
        other.uid !== uid &&
        this.#reaches(other) &&
        (other.groupingKey === mine.groupingKey ||
          alerts.some((row) => row.incident === other.uid && held.has(row.alert.fingerprint))),
    );
  }

  /** Takes the due work of a kind away and gives it. */
  take<K extends NewJob['kind']>(kind: K): (Extract<NewJob, { kind: K }> & { incident: string })[] {
    const taken = this.jobs.filter((job) => job.kind === kind);
    for (const job of taken) this.jobs.splice(this.jobs.indexOf(job), 1);
    return taken as unknown as (Extract<NewJob, { kind: K }> & { incident: string })[];
  }

  /** Who was told what since the last look: `page l2-slack`. */
  told(): string[] {
    return this.take('notify').map(({ payload }) => `${payload.purpose} ${payload.channel}`);
  }

  /** Packs what was to be handed over, and gives the levels. */
  handOver(): string[] {
    return this.take('handover').map(({ incident, payload: { level, notify, why } }) => {
      const bundle = { sha256: 'f'.repeat(64), bytes: 1000 };
      this.do(incident, { type: 'handover', bundle, notify, why, problem: '' });
      return level;
    });
  }

  /** Kill -9 and start: nothing is left but what was written. */
  restart(): void {
    for (const [uid, timeline] of this.timelines) {
      const written = JSON.parse(JSON.stringify(timeline)) as WireEntry[];
      this.incidents.set(uid, fold(written.map(openEntry)) as Incident);
    }
  }

  /** The deadline that is due first, or null. */
  nextDeadline(): { uid: string; kind: DeadlineKind; at: number } | null {
    let first: { uid: string; kind: DeadlineKind; at: number } | null = null;
    for (const { uid, deadlines } of this.incidents.values())
      for (const [kind, at] of Object.entries(deadlines) as [DeadlineKind, number][])
        if (first === null || at < first.at) first = { uid, kind, at };
    return first;
  }

  /** The first deadline of each incident that has come due. */
  dueDeadlines(): { uid: string; kind: DeadlineKind; at: number }[] {
    return [...this.incidents.values()].flatMap(({ uid, deadlines }) => {
      const due = (Object.entries(deadlines) as [DeadlineKind, number][]).filter(([, at]) => at <= this.now);
      const [first] = due.toSorted(([, a], [, b]) => a - b);
      return first === undefined ? [] : [{ uid, kind: first[0], at: first[1] }];
    });
  }

  #reaches(incident: Incident): boolean {
    const reach = reachOf(incident);
    return reach === null || reach > this.now;
  }

  /** As `UnitOfWork.preload` finds them: an open incident before a resolved one; beyond reach only what is fresh. */
  #words(source: string, fingerprint: string): { held: KnownAlert | undefined; last: LastWord | undefined } {
    const rows = [...this.alerts.values()]
      .filter((row) => row.source === source && row.alert.fingerprint === fingerprint)
      .map((row) => ({ row, owner: this.incidents.get(row.incident) as Incident }))
      .sort((a, b) => (reachOf(a.owner) ?? Infinity) - (reachOf(b.owner) ?? Infinity));
    const near = rows.findLast(({ owner }) => this.#reaches(owner))?.row;
    const gone = rows.filter(
      ({ owner, row }) => !this.#reaches(owner) && row.seenAt > this.now - this.rules.reopenWithinMs,
    );
    const last = gone.sort((a, b) => a.row.startsAt - b.row.startsAt).at(-1)?.row;
    return {
      held: near && {
        ...{ incident: near.incident, startsAt: near.startsAt },
        ...{ status: near.alert.status, endsAt: near.alert.endsAt },
      },
      last: last && { status: last.alert.status, startsAt: last.startsAt },
    };
  }

  #keep(incident: string, source: string, alert: Alert, startsAt: number): boolean {
    const target = targetOf(alert.labels);
    const isNew = ![...this.alerts.values()].some(
      (row) => row.incident === incident && targetOf(row.alert.labels) === target,
    );
    this.alerts.set(`${incident} ${source} ${alert.fingerprint}`, {
      incident,
      source,
      alert,
      startsAt,
      seenAt: this.now,
    });
    return isNew;
  }
}
