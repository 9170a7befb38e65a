import { label, labelSet, type Alert, type AlertGroup } from '../domain/alert.ts';
import type { Evidence, Incident } from '../domain/incident.ts';
import type { Outcome } from '../domain/result.ts';
import type { Command } from '../incidents/command.ts';
import type { Sample } from '../metrics/metrics-source.ts';
import { fingerprintOf } from '../sources/fingerprint.ts';
import type { Happening, Play, Script } from './play.ts';
import type { Stage } from './stage.ts';
import type { TestCase, TestEvent } from './test-file.ts';

interface LogLine {
  readonly service: string;
  readonly level: string;
  readonly text: string;
}

/** Hears of an event that cannot happen: its place in the list, and why. */
type Unmet = (index: number, why: string) => void;

/** A test as a story that can be played. */
export function scriptOf(stage: Stage, test: TestCase, unmet: Unmet): Script {
  const begin = Date.parse(test.at);
  const log: LogLine[] = [];
  const speaks = test.events.some((event) => 'log' in event);
  return {
    begin,
    happenings: test.events.map((event, index) =>
      happeningOf(stage, event, begin + event.after, log, (why) => unmet(index, why)),
    ),
    // Lines that a test gives are found, whether or not a store is configured.
    ...(speaks ? { noLogs: () => null } : {}),
    look: (incident, now) => foundIn(log, incident, now),
    says: () => 'as the test says',
    outcome: (fix) => test.fixes[fix] ?? 'verified',
    answers: () => (query) => answerOf(test.metrics, query),
  };
}

function happeningOf(
  stage: Stage,
  event: TestEvent,
  at: number,
  log: LogLine[],
  unmet: (why: string) => void,
): Happening {
  if ('firing' in event || 'resolved' in event)
    return { at, happen: ({ world }) => world.deliver(groupOf(stage, event, world, at)) };
  if ('log' in event) {
    const { service, level, text } = event.log;
    return { at, happen: () => void log.push({ service, level, text: level === '' ? text : `${level} ${text}` }) };
  }
  return { at, happen: (play) => byPerson(play, event, unmet) };
}

type AlertEvent = Extract<TestEvent, { firing: unknown } | { resolved: unknown }>;

function groupOf({ config: { sources } }: Stage, event: AlertEvent, world: Play['world'], now: number): AlertGroup {
  const from = sources.find(({ name }) => name === event.source) ?? sources[0];
  const ended = 'resolved' in event;
  const given = ended ? event.resolved : event.firing;
  const expr = ended ? '' : event.expr;
  const labels = labelSet([...Object.entries(from?.labels ?? {}), ...Object.entries(given)]);
  const fingerprint = fingerprintOf(labels);
  const held = [...world.alerts.values()].find(({ alert }) => alert.fingerprint === fingerprint);
  const alert: Alert = {
    ...{ fingerprint, status: ended ? 'resolved' : 'firing', labels },
    annotations: labelSet(Object.entries(event.annotations)),
    ...{ startsAt: ended ? (held?.startsAt ?? now) : now, endsAt: ended ? now : null },
    generatorURL: expr === '' ? '' : `http://prometheus.invalid/graph?g0.expr=${encodeURIComponent(expr)}`,
  };
  return {
    ...{ source: event.source ?? from?.name ?? '', groupKey: `{}:{alertname="${label(labels, 'alertname')}"}` },
    ...{ receiver: 'tierbell', externalURL: '', truncatedAlerts: 0, alerts: [alert] },
  };
}

/** The lines so far of the incident's service, and those that name none. */
function foundIn(log: readonly LogLine[], { uid, service: of }: Incident, at: number): ReturnType<Script['look']> {
  const lines = log.filter(({ service }) => service === '' || of === '' || service === of);
  const evidence: Evidence = {
    ...{ id: `${uid}-logs`, kind: 'logs', state: 'complete', reason: `${lines.length} lines of the test` },
    ...{ store: 'test', scope: `service = ${of}`, windows: [], counts: {}, rawBlob: null, query: null },
    lines: lines.map((line) => ({ ...line, at, count: 1 })),
    ...{ url: '', at },
  };
  return { evidence, logLines: lines.map(({ text }) => text) };
}

function answerOf(metrics: Readonly<Record<string, number>>, query: string): Outcome<readonly Sample[]> {
  const value = Object.hasOwn(metrics, query) ? metrics[query] : undefined;
  if (value !== undefined) return { ok: true, value: [{ labels: {}, value }] };
  const detail = `the test gives no answer to ${query}; put it under \`metrics\``;
  return { ok: false, retryable: false, reason: 'rejected', detail };
}

type PersonEvent = Exclude<TestEvent, AlertEvent | { log: unknown }>;
type DecidesFix = Extract<PersonEvent, { approve: unknown } | { deny: unknown } | { run: unknown }>;

function byPerson({ incidents, world, fixes }: Play, event: PersonEvent, unmet: (why: string) => void): void {
  const uid = incidents[event.incident - 1]?.uid;
  if (uid === undefined) return unmet(`there is no incident ${event.incident} then, only ${incidents.length}`);
  if ('approve' in event) fixes.approve(uid, event.approve.by);
  else if ('deny' in event) fixes.deny(uid, event.deny.by, event.deny.reason);
  else if ('run' in event) fixes.runByHand(uid, event.run.fix, event.run.by);
  else world.do(uid, commandOf(event));
}

function commandOf(event: Exclude<PersonEvent, DecidesFix>): Command {
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
