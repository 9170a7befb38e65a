import type { Evidence, Incident } from '../domain/incident.ts';
import type { NewJob } from '../domain/job.ts';
import type { Remembered } from '../incidents/remembered.ts';
import type { Rules } from '../incidents/rules.ts';
import { FixDesk, type FixStory } from './fix-desk.ts';
import type { Stage } from './stage.ts';
import { World } from './world.ts';

/** Something that happens in a story: it is given the play as it stands then. `at`: epoch milliseconds. */
export interface Happening {
  readonly at: number;
  readonly happen: (play: Play) => void | Promise<void>;
}

/** A story: what happens, and what those outside answer. */
export interface Script extends FixStory {
  /** Epoch milliseconds. */
  readonly begin: number;
  /** What people said of alerts before, by identity. */
  readonly remembered?: ReadonlyMap<string, Remembered>;
  readonly happenings: readonly Happening[];
  /** In place of what the rules say of log stores: why there are no logs, or null where `look` is asked. */
  readonly noLogs?: Rules['noLogs'];
  /** What the first look at the logs of an incident finds; null where nothing came of it. */
  look(incident: Incident, now: number): { readonly evidence: Evidence; readonly logLines: readonly string[] } | null;
}

/** Somebody was told; nobody really was. `at`: epoch milliseconds. */
export interface Told {
  readonly incident: string;
  readonly channel: string;
  readonly at: number;
}

/**
 * A story that is played through the whole pure pipeline (correlate, decide, classify, deadlines, known fixes up to the
 * moment at which they would run) on a clock of its own: nothing is sent, run, asked or written.
 */
export class Play {
  readonly told: Told[] = [];
  readonly world: World;
  readonly fixes: FixDesk;
  readonly #script: Script;
  readonly #ahead: Happening[];

  constructor(stage: Stage, script: Script) {
    const { noLogs } = script;
    this.#script = script;
    this.#ahead = script.happenings.toSorted((a, b) => a.at - b.at);
    this.world = new World(noLogs === undefined ? stage.rules : { ...stage.rules, noLogs }, script.begin);
    for (const [identity, said] of script.remembered ?? []) this.world.remember(identity, said);
    this.fixes = new FixDesk(stage, script, this.world);
  }

  get incidents(): readonly Incident[] {
    return [...this.world.incidents.values()].toSorted((a, b) => a.number - b.number);
  }

  /** Plays on until this moment, all that is due then included. @param end epoch milliseconds */
  async until(end: number): Promise<void> {
    for (;;) {
      const next = this.nextMoment();
      if (next === null || next > end) break;
      this.world.now = Math.max(this.world.now, next);
      await this.#moment();
    }
    this.world.now = Math.max(this.world.now, end);
  }

  /** When something happens or is due next; null where nothing is. */
  nextMoment(): number | null {
    let next = Math.min(this.#ahead[0]?.at ?? Infinity, this.world.nextDeadline()?.at ?? Infinity);
    for (const { dueAt } of this.world.jobs) next = Math.min(next, dueAt);
    return next === Infinity ? null : next;
  }

  /** First what happens, then the work that follows, then deadlines. */
  async #moment(): Promise<void> {
    const { now } = this.world;
    while (this.#ahead[0] !== undefined && this.#ahead[0].at <= now) await this.#ahead.shift()?.happen(this);
    const due = this.world.jobs.filter((job) => job.dueAt <= now);
    for (const job of due) this.world.jobs.splice(this.world.jobs.indexOf(job), 1);
    for (const job of due) this.#work(job);
    if (due.length > 0) return;
    for (const { uid, kind, at } of this.world.dueDeadlines()) this.world.do(uid, { type: 'deadline', kind, at });
  }

  #work(job: NewJob & { incident: string }): void {
    switch (job.kind) {
      case 'notify': {
        const { channel, recipient, purpose } = job.payload;
        this.told.push({ incident: job.incident, channel, at: this.world.now });
        this.world.do(job.incident, { type: 'notified', channel, recipient, purpose, detail: 'rehearsed' });
        return;
      }
      case 'evidence':
        return job.payload.look === undefined ? this.#findLogs(job.incident) : undefined;
      case 'fix':
        return this.fixes.consider(job.incident, job.payload.fix);
      case 'verify':
        return this.fixes.verify(job.incident, job.payload.attempt);
      case 'handover': {
        const { notify, why } = job.payload;
        const bundle = { sha256: '0'.repeat(64), bytes: 0 };
        this.world.do(job.incident, { type: 'handover', bundle, notify, why, problem: '' });
        return;
      }
      case 'deadline': // met from the incident itself
      case 'refresh':
        return;
    }
  }

  #findLogs(uid: string): void {
    const found = this.#script.look(this.world.incidents.get(uid) as Incident, this.world.now);
    if (found !== null) this.world.do(uid, { type: 'evidence', ...found });
  }
}
