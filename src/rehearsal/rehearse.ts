import type { Config } from '../config/schema.ts';
import { label, labelSet, type Alert, type AlertGroup, type Labels } from '../domain/alert.ts';
import type { Attempt, Evidence, Incident } from '../domain/incident.ts';
import type { NewJob } from '../domain/job.ts';
import type { Command } from '../incidents/command.ts';
import type { Rules } from '../incidents/rules.ts';
import type { CompiledFix } from '../fixes/fix.ts';
import { targetOf } from '../domain/alert.ts';
import { compileFixes } from '../fixes/select-fix.ts';
import { compileRules } from '../rules.ts';
import { fingerprintOf } from '../sources/fingerprint.ts';
import { checkExpectation, type Finding, type Standing } from './check-expectation.ts';
import { stageFix, stagedExecutors, type Tried } from './fix-stage.ts';
import type { TestCase, TestEvent } from './test-file.ts';
import { World } from './world.ts';

/** A configuration, compiled once for all tests that use it. */
export interface Stage {
  readonly config: Config;
  readonly rules: Rules;
  readonly fixes: readonly CompiledFix[];
  readonly executors: ReturnType<typeof stagedExecutors>;
}

export function stageOf(config: Config): Stage {
  const fixes = compileFixes(config.known_fixes);
  return { config, fixes, rules: compileRules(config, fixes), executors: stagedExecutors(config) };
}

/**
 * Plays one test through the whole pure pipeline (correlate, decide, classify, deadlines, known fixes up to the moment at
 * which they would run) on a clock of its own: nothing is sent, run, asked or written, and a week takes milliseconds.
 * @returns what is not as expected, in the order of the test
 */
export async function rehearse(stage: Stage, test: TestCase): Promise<Finding[]> {
  const play = new Play(stage, test);
  const stops = test.expect
    .map((expected, index) => ({ expected, index }))
    .toSorted((a, b) => a.expected.after - b.expected.after);
  const findings: Finding[] = [];
  for (const { expected, index } of stops) {
    await play.until(expected.after);
    findings.push(...checkExpectation(expected, index, play));
  }
  return findings.toSorted((a, b) => a.index - b.index);
}

interface Told {
  readonly incident: string;
  readonly channel: string;
}

/** How a test stands at a moment of its own clock. */
class Play implements Standing {
  readonly told: Told[] = [];
  readonly #stage: Stage;
  readonly #test: TestCase;
  readonly #world: World;
  readonly #begin: number;
  readonly #events: TestEvent[];
  readonly #log: { at: number; service: string; text: string }[] = [];
  readonly #tried: Tried[] = [];

  constructor(stage: Stage, test: TestCase) {
    this.#stage = stage;
    this.#test = test;
    this.#begin = Date.parse(test.at);
    this.#events = test.events.toSorted((a, b) => a.after - b.after);
    const speaks = test.events.some((event) => 'log' in event);
    // Lines that a test gives are found, whether or not a store is configured.
    const rules = speaks ? { ...stage.rules, noLogs: () => null } : stage.rules;
    this.#world = new World(rules, this.#begin);
  }

  get incidents(): readonly Incident[] {
    return [...this.#world.incidents.values()].toSorted((a, b) => a.number - b.number);
  }

  /** Plays on until so many milliseconds after the beginning, all that is due then included. */
  async until(after: number): Promise<void> {
    const end = this.#begin + after;
    for (;;) {
      const next = this.#nextMoment();
      if (next === null || next > end) break;
      this.#world.now = Math.max(this.#world.now, next);
      await this.#moment();
    }
    this.#world.now = Math.max(this.#world.now, end);
  }

  /** First what happens, then the work that follows, then deadlines. */
  async #moment(): Promise<void> {
    const { now } = this.#world;
    while (this.#events[0] !== undefined && this.#begin + this.#events[0].after <= now)
      await this.#happen(this.#events.shift() as TestEvent);
    const due = this.#world.jobs.filter((job) => job.dueAt <= now);
    for (const job of due) this.#world.jobs.splice(this.#world.jobs.indexOf(job), 1);
    for (const job of due) this.#work(job);
    if (due.length > 0) return;
    const deadline = this.#world.nextDeadline();
    if (deadline !== null && deadline.at <= now)
      this.#world.do(deadline.uid, { type: 'deadline', kind: deadline.kind, at: deadline.at });
  }

  #nextMoment(): number | null {
    const [event] = this.#events;
    const moments = [
      ...(event === undefined ? [] : [this.#begin + event.after]),
      ...this.#world.jobs.map(({ dueAt }) => dueAt),
      this.#world.nextDeadline()?.at ?? Infinity,
    ];
    const next = Math.min(...moments);
    return next === Infinity ? null : next;
  }

  async #happen(event: TestEvent): Promise<void> {
    if ('firing' in event) return this.#deliver(event, event.firing, 'firing', event.expr);
    if ('resolved' in event) return this.#deliver(event, event.resolved, 'resolved', '');
    if ('log' in event) {
      const { service, level, text } = event.log;
      this.#log.push({ at: this.#world.now, service, text: level === '' ? text : `${level} ${text}` });
      return undefined;
    }
    const incident = this.incidents[event.incident - 1];
    if (incident !== undefined) this.#world.do(incident.uid, commandOf(event));
    return undefined;
  }

  async #deliver(
    { source, annotations }: { source?: string | undefined; annotations: Labels },
    given: Labels,
    status: Alert['status'],
    expr: string,
  ): Promise<void> {
    const { sources } = this.#stage.config;
    const from = sources.find(({ name }) => name === source) ?? sources[0];
    const labels = labelSet([...Object.entries(from?.labels ?? {}), ...Object.entries(given)]);
    const { now } = this.#world;
    const ended = status === 'resolved';
    const held = [...this.#world.alerts.values()].find(({ alert }) => alert.fingerprint === fingerprintOf(labels));
    const alert: Alert = {
      ...{ fingerprint: fingerprintOf(labels), status, labels, annotations: labelSet(Object.entries(annotations)) },
      ...{ startsAt: ended ? (held?.startsAt ?? now) : now, endsAt: ended ? now : null },
      generatorURL: expr === '' ? '' : `http://prometheus.invalid/graph?g0.expr=${encodeURIComponent(expr)}`,
    };
    const group: AlertGroup = {
      ...{ source: source ?? from?.name ?? '', groupKey: `{}:{alertname="${label(labels, 'alertname')}"}` },
      ...{ receiver: 'tierbell', externalURL: '', truncatedAlerts: 0, alerts: [alert] },
    };
    await this.#world.deliver(group);
  }

  #work(job: NewJob & { incident: string }): void {
    switch (job.kind) {
      case 'notify': {
        const { channel, recipient, purpose } = job.payload;
        this.told.push({ incident: job.incident, channel });
        this.#world.do(job.incident, { type: 'notified', channel, recipient, purpose, detail: 'rehearsed' });
        return;
      }
      case 'evidence':
        return job.payload.look === undefined ? this.#findLogs(job.incident) : undefined;
      case 'fix':
        return this.#fix(job.incident, job.payload.fix);
      case 'verify':
        return this.#verify(job.incident, job.payload.attempt);
      case 'handover': {
        const { notify, why } = job.payload;
        const bundle = { sha256: '0'.repeat(64), bytes: 0 };
        this.#world.do(job.incident, { type: 'handover', bundle, notify, why, problem: '' });
        return;
      }
      case 'deadline': // met from the incident itself
      case 'refresh':
        return;
    }
  }

  /** The lines so far of the incident's service, and those that name none. */
  #findLogs(uid: string): void {
    const incident = this.#world.incidents.get(uid) as Incident;
    const lines = this.#log.filter(
      ({ service }) => service === '' || incident.service === '' || service === incident.service,
    );
    const evidence: Evidence = {
      ...{
        id: `${uid}-logs`,
        kind: 'logs',
        state: 'complete',
        reason: `${lines.length} lines of the test`,
        store: 'test',
      },
      ...{ scope: `service = ${incident.service}`, windows: [], counts: {}, lines: [], rawBlob: null, query: null },
      ...{ url: '', at: this.#world.now },
    };
    this.#world.do(uid, { type: 'evidence', evidence, logLines: lines.map(({ text }) => text) });
  }

  #fix(uid: string, fix: string): void {
    const { fixes, executors } = this.#stage;
    const incident = this.#world.incidents.get(uid) as Incident;
    const alerts = [...this.#world.alerts.values()].filter(({ alert }) => alert.status === 'firing');
    const tried = stageFix({
      ...{ incident, fix, fixes, executors, tried: this.#tried, metrics: this.#test.metrics, now: this.#world.now },
      firing: alerts.filter((row) => row.incident === uid).map(({ alert }) => alert),
      firingTargets: new Set(alerts.map(({ alert }) => targetOf(alert.labels))).size,
    });
    this.#tried.push(tried);
    this.#report(tried, tried.attempt);
    if (tried.attempt.state === 'intent') this.#run(tried);
  }

  /** Nothing runs: what comes of it is what the test says. */
  #run(tried: Tried): void {
    const { now } = this.#world;
    const outcome = this.#test.fixes[tried.attempt.fix] ?? 'verified';
    const started = this.#report(tried, { ...tried.attempt, state: 'started', startedAt: now });
    const ended = { ...started, finishedAt: now, exitCode: 0 };
    if (outcome === 'failed' || outcome === 'unknown') {
      this.#report(tried, { ...ended, state: outcome, reasons: ['as the test says'], exitCode: 1 });
      return;
    }
    this.#report(tried, { ...ended, state: 'succeeded' });
    const { forMs = 0, timeoutMs = 0 } = tried.plan?.verify ?? {};
    const payload = { attempt: tried.attempt.id, until: now + timeoutMs, healthySince: now };
    const dueAt = now + (outcome === 'verified' ? forMs : timeoutMs);
    this.#world.jobs.push({
      kind: 'verify',
      key: `verify:${tried.attempt.id}`,
      dueAt,
      payload,
      incident: tried.incident,
    });
  }

  #verify(uid: string, id: string): void {
    const tried = this.#tried.find((one) => one.incident === uid && one.attempt.id === id);
    if (tried === undefined) return;
    const state = (this.#test.fixes[tried.attempt.fix] ?? 'verified') === 'verified' ? 'verified' : 'unverified';
    const verification = { state: state === 'verified' ? 'healthy' : 'unhealthy', detail: 'as the test says' } as const;
    this.#report(tried, { ...tried.attempt, state, reasons: ['as the test says'], verification });
  }

  #report(tried: Tried, attempt: Attempt): Attempt {
    this.#tried[this.#tried.findIndex((one) => one.attempt.id === attempt.id)] = { ...tried, attempt };
    this.#world.do(tried.incident, { type: 'fix_state', attempt });
    return attempt;
  }
}

type PersonEvent = Exclude<TestEvent, { firing: unknown } | { resolved: unknown } | { log: unknown }>;

function commandOf(event: PersonEvent): Command {
  const actor = (by: string) => ({ kind: 'person', name: by }) as const;
  if ('acknowledge' in event) return { type: 'acknowledge', by: actor(event.acknowledge.by), takeover: false };
  if ('unacknowledge' in event)
    return { type: 'unacknowledge', by: actor(event.unacknowledge.by), reason: event.unacknowledge.reason };
  if ('escalate' in event) {
    const { by, level, reason } = event.escalate;
    return { type: 'escalate', by: actor(by), level: level ?? null, reason };
  }
  if ('resolve' in event) return { type: 'resolve', by: actor(event.resolve.by), reason: event.resolve.reason };
  if ('close' in event) return { type: 'close', by: actor(event.close.by), reason: event.close.reason };
  if ('prioritise' in event) {
    const { by, priority, reason } = event.prioritise;
    return { type: 'prioritise', by: actor(by), priority, reason };
  }
  const { by, category, reason } = event.reclassify;
  return { type: 'reclassify', by: actor(by), category, reason };
}
