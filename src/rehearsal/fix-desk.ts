import { targetOf } from '../domain/alert.ts';
import type { Attempt, Incident } from '../domain/incident.ts';
import { KILL_GRACE_MS } from '../fixes/fix.ts';
import { stageFix, type Answers, type Scene, type Tried } from './fix-stage.ts';
import { stageApproval, stageByHand } from './stage-by-person.ts';
import type { Stage } from './stage.ts';
import type { World } from './world.ts';

export type FixOutcome = 'verified' | 'unverified' | 'failed' | 'unknown';

/** What a story says about fixes: nothing is run, and nobody outside is asked. */
export interface FixStory {
  /** Who says what comes of a fix, for the reasons: `as the test says`. */
  says(fix: string): string;
  /** What comes of a fix that would run. */
  outcome(fix: string): FixOutcome;
  /** What a metrics source answers to the guards of a fix. */
  answers(fix: string): Answers;
}

/** The known fixes of a story: considered, approved or denied, "run" and verified. */
export class FixDesk {
  readonly #stage: Stage;
  readonly #story: FixStory;
  readonly #world: World;
  readonly #tried: Tried[] = [];

  constructor(stage: Stage, story: FixStory, world: World) {
    this.#stage = stage;
    this.#story = story;
    this.#world = world;
  }

  /** A fix applies: it comes as far as the guards let it. */
  consider(uid: string, fix: string): void {
    const tried = stageFix(this.#scene(uid, fix));
    this.#tried.push(tried);
    this.#report(tried, tried.attempt);
    if (tried.attempt.state === 'intent') this.#run(tried);
  }

  /** A person approves what waits for it, if anything does. */
  approve(uid: string, by: string): void {
    const waiting = this.#waiting(uid);
    if (waiting === undefined) return;
    this.#carryOut(stageApproval(this.#scene(uid, waiting.attempt.fix), waiting, by), by);
  }

  /** A person has a fix run, unless one is at work or waits for approval. */
  runByHand(uid: string, fix: string, by: string): void {
    const incident = this.#world.incidents.get(uid);
    if (incident === undefined || incident.deadlines.fix !== undefined || this.#waiting(uid) !== undefined) return;
    const tried = stageByHand(this.#scene(uid, fix), by);
    this.#tried.push(tried);
    this.#carryOut(tried, by);
  }

  #carryOut(tried: Tried, by: string): void {
    const { action, verify } = tried.plan ?? {};
    const dueInMs = (action?.timeoutMs ?? 0) + KILL_GRACE_MS + (verify?.timeoutMs ?? 0);
    this.#report(tried, tried.attempt, { by, ...(tried.attempt.state === 'intent' ? { dueInMs } : {}) });
    if (tried.attempt.state === 'intent') this.#run(tried);
  }

  /** A person turns down what waits for approval, if anything does. */
  deny(uid: string, by: string, reason: string): void {
    const waiting = this.#waiting(uid);
    if (waiting === undefined) return;
    const reasons = [reason === '' ? `by ${by}` : `by ${by}: ${reason}`];
    this.#report(waiting, { ...waiting.attempt, state: 'denied', reasons, decidedBy: by }, { by });
  }

  /** The time to verify has come. */
  verify(uid: string, id: string): void {
    const tried = this.#tried.find((one) => one.incident === uid && one.attempt.id === id);
    if (tried === undefined) return;
    const says = this.#story.says(tried.attempt.fix);
    const state = this.#story.outcome(tried.attempt.fix) === 'verified' ? 'verified' : 'unverified';
    const verification = { state: state === 'verified' ? 'healthy' : 'unhealthy', detail: says } as const;
    this.#report(tried, { ...tried.attempt, state, reasons: [says], verification });
  }

  /** As the incident has it: a proposal that was withdrawn waits no longer. */
  #waiting(uid: string): Tried | undefined {
    const waiting = this.#world.incidents.get(uid)?.attempts.findLast(({ state }) => state === 'awaiting_approval');
    return this.#tried.find(({ attempt }) => attempt.id === waiting?.id);
  }

  #scene(uid: string, fix: string): Scene {
    const { fixes, executors } = this.#stage;
    const alerts = [...this.#world.alerts.values()].filter(({ alert }) => alert.status === 'firing');
    return {
      ...{ incident: this.#world.incidents.get(uid) as Incident, fix, fixes, executors, tried: this.#tried },
      ...{ answers: this.#story.answers(fix), now: this.#world.now },
      firing: alerts.filter((row) => row.incident === uid).map(({ alert }) => alert),
      firingTargets: new Set(alerts.map(({ alert }) => targetOf(alert.labels))).size,
    };
  }

  /** Nothing runs: what comes of it is what the story says. */
  #run(tried: Tried): void {
    const { now } = this.#world;
    const outcome = this.#story.outcome(tried.attempt.fix);
    const started = this.#report(tried, { ...tried.attempt, state: 'started', startedAt: now });
    const ended = { ...started, finishedAt: now, exitCode: 0 };
    if (outcome === 'failed' || outcome === 'unknown') {
      this.#report(tried, { ...ended, state: outcome, reasons: [this.#story.says(tried.attempt.fix)], exitCode: 1 });
      return;
    }
    this.#report(tried, { ...ended, state: 'succeeded' });
    const { forMs = 0, timeoutMs = 0 } = tried.plan?.verify ?? {};
    const payload = { attempt: tried.attempt.id, until: now + timeoutMs, healthySince: now };
    const dueAt = now + (outcome === 'verified' ? forMs : timeoutMs);
    const key = `verify:${tried.attempt.id}`;
    this.#world.jobs.push({ kind: 'verify', key, dueAt, payload, incident: tried.incident });
  }

  #report(tried: Tried, attempt: Attempt, { by, dueInMs }: { by?: string; dueInMs?: number } = {}): Attempt {
    this.#tried[this.#tried.findIndex((one) => one.attempt.id === attempt.id)] = { ...tried, attempt };
    this.#world.do(tried.incident, {
      ...{ type: 'fix_state', attempt },
      ...(by === undefined ? {} : { actor: { kind: 'person', name: by } }),
      ...(dueInMs === undefined ? {} : { dueInMs }),
    });
    return attempt;
  }
}
