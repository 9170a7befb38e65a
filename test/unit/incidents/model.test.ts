/**
 * Random histories against a bridge in memory (`test/helpers/incident-world.ts`): deliveries that are late, doubled and
 * out of order, people who acknowledge, resolve, reopen and close, time that passes, fixes that end in every way,
 * messages that are lost, and restarts in between. After every step:
 *
 *  1. the fold of the timeline is the state;
 *  2. the hash chain is intact, and `seq` rises without a gap;
 *  3. no two open incidents hold one alert that fires;
 *  4. an open incident counts as firing exactly the alerts that it holds and that fire;
 *  5. an open incident has an owner or a next deadline, or its people were told: while nobody was told, a known fix is
 *     pending; while nobody acknowledged, a deadline stands, except where the policy waits for nobody (`off`) or its last
 *     step has gone unanswered to the end and the fallback was told;
 *  6. at most one attempt per incident and fix is begun;
 *  7. what is closed stays closed, without a deadline;
 *  8. numbers rise, and are never used twice;
 *  9. delivering the same thing twice in a row changes nothing.
 *
 * And for whole histories: a word about an episode whose end is known never brings anything back; a history and the same
 * one sprinkled with duplicates and restarts end in the same state; the words of an episode in any order end as in order.
 *
 * 1,000 histories; `TIERBELL_HISTORIES=10000` runs more, `TIERBELL_SEED` draws others.
 */
import fc from 'fast-check';
import type { Alert, AlertGroup } from '../../../src/domain/alert.ts';
import { isOpen, type AttemptState, type Incident } from '../../../src/domain/incident.ts';
import { fold } from '../../../src/incidents/evolve.ts';
import type { Rules } from '../../../src/incidents/rules.ts';
import { findBreak, openEntry } from '../../../src/incidents/timeline.ts';
import { judged, levelThree, levelTwo, MINUTE, RESTART, rulesOf, SECOND } from '../../helpers/fake-rules.ts';
import { alertOf, attemptOf, DAWN, endOf, evidenceOf, groupOf, World } from '../../helpers/incident-world.ts';

const RUNS = Number(process.env['TIERBELL_HISTORIES'] ?? 1000);
/** Milliseconds: ten times what a busy machine with two cores takes. */
const TIMEOUT = Math.max(120_000, RUNS * 120);
const OPTIONS = { numRuns: RUNS };

const HOSTS = ['a', 'b', 'c', 'd'];
const NAMES = ['ApiDown', 'DiskFull'];
const KEYS = ['{}/{team="x"}:{}', '{}/{team="y"}:{}'];
const PEOPLE = ['ada', 'ben'];
const OUTCOMES: readonly AttemptState[] = ['failed', 'unknown', 'succeeded', 'refused', 'dry_run'];

/** What a sender would say: an alert begins or ends now. Deliveries list all of their group, as Alertmanager does. */
type Step =
  | { do: 'begin' | 'end'; host: number; name: number }
  | { do: 'deliver'; key: number; truncated: number }
  | { do: 'redeliver'; back: number }
  | { do: 'wait'; ms: number }
  | {
      do: 'person';
      verb: 'acknowledge' | 'takeover' | 'unacknowledge' | 'escalate' | 'resolve' | 'reopen' | 'close';
      who: number;
      which: number;
    }
  | { do: 'work'; luck: number }
  | { do: 'restart' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('begin' as const, 'end' as const), host: fc.nat(3), name: fc.nat(1) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('deliver' as const),
      key: fc.nat(1),
      truncated: fc.constantFrom(0, 0, 0, 0, 0, 2),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('redeliver' as const), back: fc.nat(5) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(SECOND, MINUTE, 3 * MINUTE, 16 * MINUTE, 65 * MINUTE, 80 * 60 * MINUTE),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('person' as const),
      verb: fc.constantFrom(
        'acknowledge',
        'acknowledge',
        'takeover',
        'unacknowledge',
        'escalate',
        'resolve',
        'reopen',
        'close',
      ),
      who: fc.nat(1),
      which: fc.nat(3),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('work' as const), luck: fc.nat(99) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
);

/** The monitored world and its sender: which alerts there are, and what a delivery says of them at this moment. */
class Sender {
  readonly alerts = new Map<string, Alert>();
  readonly sent: AlertGroup[] = [];

  turn(step: Extract<Step, { host: number }>, now: number): void {
    const name = NAMES[step.name] as string;
    const key = `${HOSTS[step.host]} ${name}`;
    const present = this.alerts.get(key);
    const fires = present?.status === 'firing';
    if (step.do === 'begin' && !fires)
      this.alerts.set(key, alertOf(HOSTS[step.host] as string, { name, startsAt: now }));
    if (step.do === 'end' && present !== undefined && fires && now > present.startsAt)
      this.alerts.set(key, endOf(present, now));
  }

  /** Everything of the group; `max_alerts` leaves out what comes last. */
  say(key: number, truncated: number): AlertGroup | null {
    const all = [...this.alerts.values()];
    const listed = truncated > 0 ? all.slice(0, Math.max(1, all.length - truncated)) : all;
    if (listed.length === 0) return null;
    const group = groupOf(listed, { groupKey: KEYS[key] as string, truncatedAlerts: all.length - listed.length });
    this.sent.push(group);
    return group;
  }
}

function rules(): Rules {
  return rulesOf({
    steps: [levelTwo(), levelThree()],
    classify: ({ labels, logLines }) =>
      labels['alertname'] === 'DiskFull' && logLines.length > 1
        ? judged('data-security-breach')
        : judged(logLines.length > 0 ? 'network-downtime' : 'other'),
    ownerOf: ({ classification: { category } }) =>
      category === 'other'
        ? null
        : { team: category === 'network-downtime' ? 'net' : 'security', why: 'of its category' },
    selectFix: ({ labels, classification }) =>
      labels['alertname'] === 'DiskFull' || classification.category === 'network-downtime' ? RESTART : null,
  });
}

/** Does the oldest due work with some luck: messages arrive or not, fixes end in one way or another. */
function work(world: World, luck: number): void {
  const job = world.jobs.shift();
  if (job === undefined) return;
  const { incident } = job;
  switch (job.kind) {
    case 'notify': {
      const { channel, recipient, purpose } = job.payload;
      const type = luck < 80 ? 'notified' : luck < 90 ? 'notice_failed' : 'notice_late';
      world.do(incident, { type, channel, recipient, purpose, detail: 'so it went' } as never);
      return;
    }
    case 'evidence':
      return void world.do(incident, {
        type: 'evidence',
        evidence: evidenceOf(),
        logLines: luck < 30 ? [] : luck < 60 ? ['x'] : ['x', 'y'],
      });
    case 'handover': {
      const bundle = luck < 80 ? { sha256: 'f'.repeat(64), bytes: 9 } : null;
      return void world.do(incident, {
        type: 'handover',
        bundle,
        notify: job.payload.notify,
        why: job.payload.why,
        problem: 'full',
      });
    }
    case 'fix':
      return runFix(world, incident, luck);
    case 'verify':
    case 'refresh':
    case 'deadline':
      throw new Error(`no decision queues ${job.kind}`);
  }
}

/** As `run-fix.ts` does: only while its deadline stands, and once. */
function runFix(world: World, uid: string, luck: number): void {
  const { deadlines, attempts } = world.incidents.get(uid) as Incident;
  const id = `at-${attempts.length}`;
  const say = (state: AttemptState): void =>
    void world.do(uid, { type: 'fix_state', attempt: attemptOf(state, { id, startedAt: world.now }) });
  if (deadlines.fix === undefined) return say('refused');
  const outcome = OUTCOMES[luck % OUTCOMES.length] as AttemptState;
  if (outcome === 'refused' || outcome === 'dry_run') return say(outcome);
  say('intent');
  say('started');
  if (luck > 90) return; // cut off: its deadline tells
  say(outcome);
  if (outcome === 'succeeded' && luck < 60) say(luck % 2 === 0 ? 'verified' : 'unverified');
}

function person(world: World, { verb, who, which }: Extract<Step, { do: 'person' }>): void {
  const uid = [...world.incidents.keys()].at(which % Math.max(1, world.incidents.size));
  if (uid === undefined) return;
  const by = { kind: 'person', name: PEOPLE[who] as string } as const;
  if (verb === 'acknowledge' || verb === 'takeover')
    world.do(uid, { type: 'acknowledge', by, takeover: verb === 'takeover' });
  else if (verb === 'escalate') world.do(uid, { type: 'escalate', by, level: null, reason: '' });
  else if (verb !== 'reopen' || !world.succeeded(uid)) world.do(uid, { type: verb, by, reason: '' });
}

async function play(world: World, sender: Sender, step: Step): Promise<void> {
  switch (step.do) {
    case 'begin':
    case 'end':
      return sender.turn(step, world.now);
    case 'deliver': {
      const group = sender.say(step.key, step.truncated);
      return group === null ? undefined : world.deliver(group);
    }
    case 'redeliver': {
      const group = sender.sent.at(-1 - step.back);
      return group === undefined ? undefined : world.deliver(group);
    }
    case 'wait':
      return world.wait(step.ms);
    case 'person':
      return person(world, step);
    case 'work':
      return work(world, step.luck);
    case 'restart':
      return world.restart();
  }
}

function checkAll(world: World, closed: Set<string>): void {
  const numbers = [...world.incidents.values()].map(({ number }) => number);
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  expect(new Set(numbers).size).toBe(numbers.length);
  const holders = new Set<string>();
  for (const incident of world.incidents.values()) {
    const timeline = world.timelines.get(incident.uid) ?? [];
    expect(JSON.stringify(fold(timeline.map(openEntry)))).toBe(JSON.stringify(incident));
    expect(findBreak(timeline)).toBeNull();
    expect(timeline).toHaveLength(incident.seq);
    const begun = incident.attempts.filter(({ startedAt, state }) => startedAt !== null && state !== 'refused');
    expect(begun.length).toBeLessThanOrEqual(1);
    if (closed.has(incident.uid)) expect(incident.status).toBe('closed');
    if (incident.status === 'closed') {
      closed.add(incident.uid);
      expect(incident.deadlines).toEqual({});
    }
    if (isOpen(incident)) checkOpen(world, incident, holders);
  }
}

function checkOpen(world: World, incident: Incident, holders: Set<string>): void {
  const held = [...world.alerts.values()].filter((row) => row.incident === incident.uid);
  const firing = held.filter(({ alert }) => alert.status === 'firing').map(({ alert }) => alert.fingerprint);
  expect(incident.firing).toBe(firing.length);
  for (const fingerprint of firing) {
    expect(holders.has(fingerprint)).toBe(false);
    holders.add(fingerprint);
  }
  const { deadlines, step, status, priority } = incident;
  if (step < 0 && status === 'triggered') expect(deadlines.fix).toBeDefined();
  if (
    status !== 'triggered' ||
    deadlines.fix !== undefined ||
    deadlines.hold !== undefined ||
    deadlines.level !== undefined
  )
    return;
  const waits = world.rules.policy('').steps[step]?.ackTimeoutMs[priority] !== null;
  const exhausted =
    incident.round >= 3 && world.timelines.get(incident.uid)?.some(({ type }) => type === 'fallback_told');
  if (waits && exhausted !== true) expect(deadlines.ack).toBeDefined();
}

/** What a person sees of an incident's end; texts, hashes and times of writing left out. */
function finalState(world: World): unknown[] {
  return [...world.incidents.values()].map(
    ({ number, status, level, firing, impact, severity, priority, step, deadlines, escalations }) => ({
      ...{ number, status, level, firing, impact, severity, priority, step, deadlines },
      escalations: escalations.map(({ reason, at }) => ({ reason, at })),
    }),
  );
}

describe('random histories', () => {
  it(
    'keep the invariants at every step',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }), async (history) => {
          const world = new World(rules());
          const sender = new Sender();
          const closed = new Set<string>();
          for (const one of history) {
            await play(world, sender, one);
            checkAll(world, closed);
            if (one.do !== 'deliver') continue;
            const entries =
              world.summary().join() + [...world.timelines.values()].map((timeline) => timeline.length).join();
            const again = sender.sent.at(-1);
            if (again !== undefined) await world.deliver(again);
            expect(
              world.summary().join() + [...world.timelines.values()].map((timeline) => timeline.length).join(),
            ).toBe(entries);
          }
        }),
        OPTIONS,
      );
    },
    TIMEOUT,
  );

  it(
    'end in the same state with duplicates of what was just said, and restarts, sprinkled in',
    async () => {
      const sprinkled = fc.record({ step, again: fc.nat(2), restart: fc.boolean() });
      await fc.assert(
        fc.asyncProperty(fc.array(sprinkled, { minLength: 5, maxLength: 40, size: 'max' }), async (history) => {
          const [plain, noisy] = [new World(rules()), new World(rules())];
          const [sender, other] = [new Sender(), new Sender()];
          for (const { step, again, restart } of history) {
            await play(plain, sender, step);
            await play(noisy, other, step);
            if (restart) noisy.restart();
            const last = other.sent.at(-1);
            if (step.do === 'deliver' && last !== undefined)
              for (let times = 0; times < again; times++) await noisy.deliver(last);
          }
          expect(finalState(noisy)).toEqual(finalState(plain));
        }),
        OPTIONS,
      );
    },
    TIMEOUT,
  );

  it(
    'late copies of earlier words, at any later moment, change nothing about an episode that has ended',
    async () => {
      const flaps = fc.array(
        fc.record({
          lasts: fc.integer({ min: 1, max: 100 }),
          rests: fc.integer({ min: 1, max: 40 }),
          copies: fc.array(fc.nat(20), { maxLength: 3 }),
        }),
        { minLength: 1, maxLength: 12 },
      );
      await fc.assert(
        fc.asyncProperty(flaps, async (history) => {
          const worlds = [new World(rules()), new World(rules())];
          const said: AlertGroup[] = [];
          for (const { lasts, rests, copies } of history) {
            for (const part of ['begin', 'end'] as const) {
              const now = (worlds[0] as World).now;
              const last = said.at(-1)?.alerts[0];
              said.push(groupOf([part === 'begin' ? alertOf('a', { startsAt: now }) : endOf(last as Alert, now)]));
              for (const world of worlds) await world.deliver(said.at(-1) as AlertGroup);
              for (const back of copies) await worlds[1]?.deliver(said.at(-1 - back) ?? (said[0] as AlertGroup));
              for (const world of worlds) world.wait((part === 'begin' ? lasts : rests) * SECOND);
            }
          }
          expect(finalState(worlds[1] as World)).toEqual(finalState(worlds[0] as World));
          expect(worlds[1]?.summary()).toHaveLength(1);
        }),
        OPTIONS,
      );
    },
    TIMEOUT,
  );

  it(
    'the words of an alert in any order, once it is known, end as its newest word says',
    async () => {
      const words = fc.integer({ min: 1, max: 6 }).chain((episodes) =>
        fc.tuple(
          fc.boolean(),
          fc.shuffledSubarray(
            Array.from({ length: episodes * 2 }, (_, index) => index),
            { minLength: episodes * 2 },
          ),
        ),
      );
      await fc.assert(
        fc.asyncProperty(words, async ([fires, order]) => {
          const world = new World(rules());
          const first = alertOf('a');
          await world.deliver(groupOf([first]));
          const said = order.flatMap((index) => {
            const began = { ...first, startsAt: DAWN + (index >> 1) * MINUTE };
            const newest = index === order.length - 1;
            if (index % 2 === 0) return [began];
            return newest && fires ? [] : [endOf(began, began.startsAt + 30 * SECOND)];
          });
          for (const alert of said) await world.deliver(groupOf([alert]));
          expect(world.summary()).toEqual([`INC-1 triggered, ${fires ? 1 : 0} firing`]);
        }),
        OPTIONS,
      );
    },
    TIMEOUT,
  );
});
