import { nextStep } from '../../../src/domain/incident.ts';
import type { Rules } from '../../../src/incidents/rules.ts';
import { findBreak } from '../../../src/incidents/timeline.ts';
import {
  always,
  HOUR,
  judged,
  levelThree,
  levelTwo,
  MINUTE,
  rulesOf,
  SECOND,
  vendor,
} from '../../helpers/fake-rules.ts';
import { ADA, alertOf, attemptOf, BEN, endOf, groupOf, World } from '../../helpers/incident-world.ts';

const a = alertOf('a');
const acknowledge = { type: 'acknowledge', by: ADA, takeover: false } as const;
const resolve = { type: 'resolve', by: ADA, reason: 'rolled back' } as const;

/** A world with INC-1, opened by alert `a`; whoever was told by then is forgotten. */
async function opened(change: Parameters<typeof rulesOf>[0] = {}): Promise<World> {
  const world = new World(rulesOf(change));
  await world.deliver(groupOf([a]));
  world.told();
  return world;
}

async function quiet(world: World): Promise<void> {
  await world.deliver(groupOf([endOf(a, world.now)]));
}

async function fireAgain(world: World): Promise<void> {
  await world.deliver(groupOf([{ ...a, startsAt: world.now }]));
}

describe('from triggered to closed', () => {
  it('an alert opens an incident, pages Level 2 and informs the desk', async () => {
    const world = new World(rulesOf());
    await world.deliver(groupOf([a]));
    expect(world.incident()).toMatchObject({
      status: 'triggered',
      level: '2',
      priority: 'P2',
      title: 'ApiDown: ApiDown on a',
    });
    expect(world.told()).toEqual(['page l2-slack', 'inform desk-mail']);
    expect(world.take('evidence')).toHaveLength(1);
    expect(nextStep(world.incident())).toEqual({ at: world.now + 15 * MINUTE, action: 'escalate unless acknowledged' });
  });

  it('says what follows of the last step too: the fallback, as no further level does', async () => {
    const world = new World(rulesOf());
    await world.deliver(groupOf([a]));
    world.wait(15 * MINUTE);
    expect(world.incident()).toMatchObject({ level: '3', lastStep: true });
    expect(nextStep(world.incident())?.action).toBe('tell the fallback unless acknowledged');
    const texts = world.timeline().map(({ text }) => text);
    expect(texts).toContain('Level 2: telling level2; escalates in 15 min unless acknowledged');
    expect(texts).toContain('Level 3: telling level3; the fallback hears of it in 15 min unless acknowledged');
  });

  it('it resolves once every alert has been quiet for resolve_hold, and everybody who was told hears of it', async () => {
    const world = await opened();
    await quiet(world);
    expect(world.incident().status).toBe('triggered');
    world.wait(2 * MINUTE - 1);
    expect(world.incident().status).toBe('triggered');
    world.wait(1);
    expect(world.incident()).toMatchObject({ status: 'resolved', resolvedHow: 'alerts' });
    expect(world.told()).toEqual(['resolved l2-slack']);
  });

  it('firing again within resolve_hold is the same episode', async () => {
    const world = await opened();
    await quiet(world);
    world.wait(MINUTE);
    await fireAgain(world);
    world.wait(10 * MINUTE);
    expect(world.incident()).toMatchObject({ status: 'triggered', firing: 1, deadlines: { ack: expect.any(Number) } });
    expect(world.types()).not.toContain('reopened');
  });

  it('firing again within reopen_within reopens it, and people hear of it', async () => {
    const world = await opened();
    await quiet(world);
    world.wait(62 * MINUTE - 1);
    world.told();
    await fireAgain(world);
    expect(world.summary()).toEqual(['INC-1 triggered, 1 firing']);
    expect(world.incident().escalations.at(-1)).toMatchObject({ from: '2', to: '2', reason: 'reopened' });
    expect(world.told()).toEqual(['reopened l2-slack', 'inform desk-mail']);
    expect(world.incident().deadlines.ack).toBe(world.now + 15 * MINUTE);
  });

  it('firing later opens a new incident', async () => {
    const world = await opened();
    await quiet(world);
    world.wait(62 * MINUTE);
    await fireAgain(world);
    expect(world.summary()).toEqual(['INC-1 resolved, 0 firing', 'INC-2 triggered, 1 firing']);
  });

  it('a late retry of the episode that ended changes nothing, whenever it comes', async () => {
    const world = await opened();
    await quiet(world);
    for (const waited of [SECOND, 5 * MINUTE, 50 * MINUTE]) {
      world.wait(waited);
      await world.deliver(groupOf([a]));
    }
    expect(world.summary()).toEqual(['INC-1 resolved, 0 firing']);
  });

  it('it is closed after 72 h, and closed is final', async () => {
    const world = await opened();
    await quiet(world);
    world.wait(73 * HOUR);
    expect(world.incident().status).toBe('closed');
    expect(world.do(world.uid(), { type: 'reopen', by: ADA, reason: '' })).toMatchObject({ refused: true });
    expect(world.do(world.uid(), acknowledge)).toMatchObject({ refused: true });
    await fireAgain(world);
    expect(world.summary()).toEqual(['INC-1 closed, 0 firing', 'INC-2 triggered, 1 firing']);
  });

  it('closed by a person right after its end: the late retry of that end opens nothing', async () => {
    const world = await opened();
    await quiet(world);
    world.wait(3 * MINUTE);
    world.do(world.uid(), { type: 'close', by: ADA, reason: '' });
    await world.deliver(groupOf([a]));
    expect(world.summary()).toEqual(['INC-1 closed, 0 firing']);
  });

  it('what is open cannot be closed; it must be resolved first', async () => {
    const world = await opened();
    expect(world.do(world.uid(), { type: 'close', by: ADA, reason: '' })).toMatchObject({
      refused: true,
      detail: expect.stringContaining('resolve it first'),
    });
  });

  it('sixty flaps in an hour are one incident, paged once', async () => {
    const world = await opened();
    let told = 0;
    for (let flap = 0; flap < 60; flap++) {
      await quiet(world);
      world.wait(29 * SECOND);
      await fireAgain(world);
      world.do(world.uid(), acknowledge);
      world.wait(30 * SECOND);
      told += world.told().length;
    }
    expect(world.summary()).toEqual(['INC-1 acknowledged, 1 firing']);
    expect(told).toBe(0);
  });
});

describe('resolved by a person while it still fires', () => {
  it('firings are only recorded for 15 min, then it reopens', async () => {
    const world = await opened();
    world.do(world.uid(), resolve);
    world.wait(MINUTE);
    await world.deliver(groupOf([a, alertOf('b')]));
    expect(world.incident()).toMatchObject({ status: 'resolved', firing: 2, resolvedBy: 'ada' });
    world.wait(14 * MINUTE - 1);
    expect(world.incident().status).toBe('resolved');
    world.wait(1);
    expect(world.incident()).toMatchObject({ status: 'triggered', resolvedAt: null });
    expect(world.incident().escalations.at(-1)?.reason).toBe('reopened');
  });

  it('when it went quiet in that time it stays resolved, and a later firing reopens it', async () => {
    const world = await opened();
    world.do(world.uid(), resolve);
    await quiet(world);
    world.wait(20 * MINUTE);
    expect(world.incident().status).toBe('resolved');
    await fireAgain(world);
    expect(world.incident().status).toBe('triggered');
  });

  it('the bridge was down when the 15 min were over: it keeps its alerts, and no second incident opens', async () => {
    const world = await opened();
    world.do(world.uid(), resolve);
    world.now += 3 * HOUR; // nobody looked at any deadline
    await world.deliver(groupOf([a]));
    world.wait(0);
    expect(world.summary()).toEqual(['INC-1 triggered, 1 firing']);
  });

  it('the same goes for a resolution by a fix', async () => {
    const world = await opened();
    const verification = { state: 'healthy', detail: 'up is 1' } as const;
    world.do(world.uid(), { type: 'fix_state', attempt: attemptOf('verified', { verification }) });
    expect(world.incident()).toMatchObject({ status: 'resolved', resolvedHow: 'fix', resolvedBy: 'fix restart' });
    world.wait(15 * MINUTE);
    expect(world.incident().status).toBe('triggered');
  });

  it('resolved by a person while quiet: the next firing reopens at once', async () => {
    const world = await opened();
    await quiet(world);
    world.do(world.uid(), resolve);
    world.wait(SECOND);
    await fireAgain(world);
    expect(world.incident().status).toBe('triggered');
  });
});

describe('what a person must end', () => {
  it('a breach stays open when it goes quiet, and its people are asked', async () => {
    const world = await opened({ classify: () => judged('data-security-breach') });
    world.handOver();
    world.told();
    await quiet(world);
    world.wait(24 * HOUR);
    expect(world.incident().status).toBe('triggered');
    expect(world.told().filter((told) => told.startsWith('inform'))).toEqual(['inform l3-mail', 'inform l3-hook']);
    world.do(world.uid(), resolve);
    expect(world.incident().status).toBe('resolved');
  });

  it('what reached Level 3 while it was about to resolve stays open', async () => {
    const world = await opened();
    world.wait(14 * MINUTE);
    await quiet(world); // the time to acknowledge ends a minute before resolve_hold does
    world.wait(HOUR);
    expect(world.incident()).toMatchObject({ level: '3', firing: 0, status: 'triggered' });
    expect(world.incident().deadlines.hold).toBeUndefined();
  });

  it('nothing closes on a truncated payload, although it says that all is resolved', async () => {
    const world = await opened();
    await world.deliver(groupOf([endOf(a, world.now)], { truncatedAlerts: 3 }));
    world.wait(10 * MINUTE);
    expect(world.incident()).toMatchObject({ status: 'triggered', firing: 0, hidden: 3 });
    expect(world.timeline().some(({ type, text }) => type === 'quiet' && text.includes('may still fire'))).toBe(true);
  });

  it('a whole payload afterwards lets it resolve', async () => {
    const world = await opened();
    await world.deliver(groupOf([endOf(a, world.now)], { truncatedAlerts: 3 }));
    await world.deliver(groupOf([endOf(a, world.now), endOf(alertOf('b'), world.now)]));
    world.wait(2 * MINUTE);
    expect(world.incident().status).toBe('resolved');
  });

  it('a truncated payload stops a resolution that is under way', async () => {
    const world = await opened();
    await quiet(world);
    await world.deliver(groupOf([endOf(alertOf('b'), world.now)], { truncatedAlerts: 1 }));
    world.wait(10 * MINUTE);
    expect(world.incident().status).toBe('triggered');
  });

  it('the retry of a truncated payload changes nothing once a newer one was whole', async () => {
    const world = new World(rulesOf());
    const truncated = groupOf([a], { truncatedAlerts: 3 });
    await world.deliver(truncated);
    await quiet(world);
    const before = world.timeline().length;
    await world.deliver(truncated);
    expect(world.timeline()).toHaveLength(before);
    world.wait(2 * MINUTE);
    expect(world.incident().status).toBe('resolved');
  });

  it('the same truncated payload twice is told once', async () => {
    const world = await opened();
    const truncated = groupOf([endOf(a, world.now)], { truncatedAlerts: 3 });
    await world.deliver(truncated);
    const before = world.timeline().length;
    await world.deliver(truncated);
    expect(world.timeline()).toHaveLength(before);
  });
});

describe('acknowledging', () => {
  it('stops the escalation; the same person again changes nothing', async () => {
    const world = await opened();
    world.wait(MINUTE);
    world.do(world.uid(), acknowledge);
    const before = world.timeline().length;
    expect(world.do(world.uid(), acknowledge)).not.toHaveProperty('refused');
    expect(world.timeline()).toHaveLength(before);
    world.wait(30 * MINUTE);
    expect(world.incident()).toMatchObject({ status: 'acknowledged', level: '2', acknowledgedBy: 'ada' });
  });

  it('another person is refused with the name of the holder', async () => {
    const world = await opened();
    world.do(world.uid(), acknowledge);
    const refusal = world.do(world.uid(), { ...acknowledge, by: BEN });
    expect(refusal).toMatchObject({ refused: true, detail: expect.stringContaining('ada has acknowledged it') });
    expect(world.incident().acknowledgedBy).toBe('ada');
  });

  it('unless they take it over, which is on record', async () => {
    const world = await opened();
    world.do(world.uid(), acknowledge);
    world.do(world.uid(), { ...acknowledge, by: BEN, takeover: true });
    expect(world.incident().acknowledgedBy).toBe('ben');
    expect(world.timeline().at(-1)).toMatchObject({ type: 'acknowledged', data: { takenOverFrom: 'ada' } });
  });

  it('given back, it must be acknowledged again in time', async () => {
    const world = await opened();
    world.do(world.uid(), acknowledge);
    world.wait(20 * MINUTE);
    world.do(world.uid(), { type: 'unacknowledge', by: ADA, reason: 'off duty' });
    expect(world.incident()).toMatchObject({ status: 'triggered', acknowledgedBy: null });
    world.wait(15 * MINUTE);
    expect(world.incident().level).toBe('3');
  });

  it('the time at a level runs on through it, and the new level acknowledges for itself', async () => {
    const world = await opened();
    world.wait(MINUTE);
    world.do(world.uid(), acknowledge);
    world.wait(59 * MINUTE);
    expect(world.incident()).toMatchObject({
      status: 'triggered',
      level: '3',
      acknowledgedBy: null,
      acknowledgedAt: null,
    });
    expect(world.incident().escalations.at(-1)).toMatchObject({ from: '2', to: '3', reason: 'time_at_level' });
    expect(world.do(world.uid(), { ...acknowledge, by: BEN })).not.toHaveProperty('refused');
  });

  it('MTTA is the first acknowledgement, whatever comes later', async () => {
    const world = await opened();
    world.wait(MINUTE);
    world.do(world.uid(), acknowledge);
    const first = world.now;
    world.wait(HOUR);
    world.do(world.uid(), { ...acknowledge, by: BEN });
    expect(world.incident()).toMatchObject({ firstAcknowledgedAt: first, acknowledgedAt: world.now });
  });

  it('in the same moment as the timeout: whoever comes first wins, and the other finds nothing to do', async () => {
    const world = await opened();
    world.now += 15 * MINUTE;
    const at = world.incident().deadlines.ack as number;
    world.do(world.uid(), acknowledge);
    expect(world.do(world.uid(), { type: 'deadline', kind: 'ack', at })).toMatchObject({ entries: [] });
    expect(world.incident()).toMatchObject({ status: 'acknowledged', level: '2' });
  });

  it.each([
    ['resolve', resolve],
    ['reopen', { type: 'reopen', by: ADA, reason: '' }],
  ] as const)('%s: repeated by the same person changes nothing', async (_verb, command) => {
    const world = await opened();
    world.do(world.uid(), resolve);
    world.do(world.uid(), command);
    const before = world.timeline().length;
    expect(world.do(world.uid(), command)).not.toHaveProperty('refused');
    expect(world.timeline()).toHaveLength(before);
  });

  it('resolving what another has resolved does not apply, and says who did', async () => {
    const world = await opened();
    world.do(world.uid(), resolve);
    expect(world.do(world.uid(), { ...resolve, by: BEN })).toMatchObject({
      refused: true,
      detail: expect.stringContaining('by ada'),
    });
  });
});

describe('escalation', () => {
  it('nobody acknowledges: Level 3 is told with the bundle, then again, and the fallback hears each time', async () => {
    const world = await opened();
    world.wait(15 * MINUTE);
    expect(world.incident()).toMatchObject({ level: '3', status: 'triggered' });
    expect(world.incident().escalations).toMatchObject([{ from: '2', to: '3', reason: 'ack_timeout', by: 'tierbell' }]);
    expect(world.handOver()).toEqual(['3']);
    expect(world.told()).toEqual(['escalation l3-mail', 'escalation l3-hook']);
    world.wait(15 * MINUTE);
    expect(world.told()).toEqual(['fallback fallback-mail']);
    expect(world.handOver()).toEqual(['3']);
    world.wait(24 * HOUR);
    expect(world.incident()).toMatchObject({ level: '3', deadlines: {} });
    expect(world.timeline().at(-1)?.text).toContain('Nobody answered 4 times');
    expect(world.told().filter((told) => told === 'fallback fallback-mail')).toHaveLength(3);
  });

  it('a vendor is only called when a person says so', async () => {
    const world = await opened({ steps: [levelTwo(), vendor()] });
    world.wait(24 * HOUR);
    expect(world.incident().level).toBe('2');
    world.do(world.uid(), { type: 'escalate', by: ADA, level: 'x', reason: 'their outage' });
    expect(world.incident().escalations.at(-1)).toMatchObject({ to: 'x', reason: 'vendor_approved', by: 'ada' });
  });

  it('by hand, one level up, with the reason', async () => {
    const world = await opened();
    world.do(world.uid(), { type: 'escalate', by: ADA, level: null, reason: 'beyond us' });
    expect(world.incident()).toMatchObject({ level: '3', status: 'triggered' });
    expect(world.incident().escalations).toMatchObject([{ reason: 'manual', by: 'ada' }]);
    expect(world.do(world.uid(), { type: 'escalate', by: ADA, level: null, reason: '' })).toMatchObject({
      refused: true,
    });
  });

  it('escalating by hand while a known fix goes first pages Level 2, who have not heard yet', async () => {
    const world = await opened({
      selectFix: () => ({ id: 'restart', title: 'Restart it', mode: 'automatic', overdueMs: HOUR }),
    });
    world.do(world.uid(), { type: 'escalate', by: ADA, level: '2', reason: '' });
    expect(world.told()).toEqual(['page l2-slack', 'inform desk-mail']);
  });

  it('two steps of one level share the time at that level', async () => {
    const steps = [
      levelTwo({ ackTimeoutMs: always(10 * MINUTE) }),
      levelTwo({ notify: ['other-mail'], inform: [], ackTimeoutMs: always(2 * HOUR) }),
      levelThree(),
    ];
    const world = await opened({ steps });
    world.wait(10 * MINUTE);
    expect(world.incident()).toMatchObject({ step: 1, level: '2' });
    world.wait(50 * MINUTE);
    expect(world.incident().escalations.at(-1)).toMatchObject({ reason: 'time_at_level', to: '3', at: world.now });
  });

  it('P4 waits for nobody and is not pushed on', async () => {
    const world = new World(rulesOf());
    await world.deliver(groupOf([alertOf('a', { labels: { severity: 'info' } })]));
    expect(world.incident()).toMatchObject({ priority: 'P4', deadlines: {} });
    expect(world.told()).toContain('page l2-slack');
  });

  it('more targets raise the priority, and the time to acknowledge and at the level shrinks', async () => {
    const world = new World(rulesOf());
    const many = Array.from({ length: 10 }, (_, index) => alertOf(`h${index}`, { labels: { severity: 'warning' } }));
    await world.deliver(groupOf(many.slice(0, 2)));
    expect(world.incident()).toMatchObject({ priority: 'P3', deadlines: { ack: world.now + 4 * HOUR } });
    const began = world.now;
    world.wait(10 * MINUTE);
    await world.deliver(groupOf(many));
    expect(world.incident()).toMatchObject({
      priority: 'P2',
      deadlines: { ack: world.now + 15 * MINUTE, level: began + HOUR },
    });
  });

  it('a higher priority never lengthens the time that is left', async () => {
    const world = new World(rulesOf());
    await world.deliver(groupOf([alertOf('a', { labels: { severity: 'warning' } })]));
    world.wait(4 * HOUR - MINUTE);
    const due = world.incident().deadlines.ack;
    await world.deliver(groupOf([alertOf('b', { labels: { severity: 'critical' } })]));
    expect(world.incident()).toMatchObject({ priority: 'P2', deadlines: { ack: due } });
  });

  it.each([
    ['severity_raised', 'critical', 'warning'],
    ['targets_joined', 'critical', 'critical'],
  ])('what becomes P1 goes to Level 3 at once (%s)', async (reason, severity, first) => {
    const world = new World(rulesOf());
    const all = Array.from({ length: 12 }, (_, index) =>
      alertOf(`h${index}`, { labels: { severity: index < 2 ? first : severity } }),
    );
    await world.deliver(groupOf(all.slice(0, 2)));
    await world.deliver(groupOf(all));
    expect(world.incident()).toMatchObject({ priority: 'P1', level: '3' });
    expect(world.incident().escalations).toMatchObject([{ from: '2', to: '3', reason }]);
  });

  it('a breach goes to Level 3 at once, and Level 2 is told too', async () => {
    const world = new World(rulesOf({ classify: () => judged('data-security-breach') }));
    await world.deliver(groupOf([a]));
    expect(world.handOver()).toEqual(['3']);
    expect(world.told()).toEqual(['page l2-slack', 'inform desk-mail', 'escalation l3-mail', 'escalation l3-hook']);
    expect(world.incident().escalations).toMatchObject([{ reason: 'category' }]);
    expect(world.incident().deadlines.ack).toBe(world.now + 15 * MINUTE);
  });

  it('a guess at a breach below the confidence of the policy does not', async () => {
    const world = await opened({ classify: () => judged('data-security-breach', 0.7) });
    expect(world.incident().level).toBe('2');
  });

  it('a policy that begins at Level 3 is told once', async () => {
    const world = new World(rulesOf({ steps: [levelThree()], classify: () => judged('data-security-breach') }));
    await world.deliver(groupOf([a]));
    expect(world.handOver()).toEqual(['3']);
    expect(world.told()).toEqual(['escalation l3-mail', 'escalation l3-hook']);
    expect(world.incident().deadlines.ack).toBe(world.now + 15 * MINUTE);
  });

  it('a policy without a Level 3 keeps its step and tells the fallback', async () => {
    const world = new World(rulesOf({ steps: [levelTwo()], classify: () => judged('data-security-breach') }));
    await world.deliver(groupOf([a]));
    expect(world.told()).toEqual(['page l2-slack', 'inform desk-mail', 'fallback fallback-mail']);
    expect(world.incident().deadlines.ack).toBeDefined();
  });

  it('a step without anybody behind it tells the fallback', async () => {
    const world = new World(rulesOf({ steps: [levelTwo({ notify: ['nobody'], inform: [] }), levelThree()] }));
    await world.deliver(groupOf([a]));
    expect(world.told()).toEqual(['fallback fallback-mail']);
  });

  it('a policy that has become shorter still repeats its last step', async () => {
    const policy = { name: 'default', steps: [levelTwo(), levelThree()], maxTimeAtLevelMs: {}, immediately: [] };
    const world = await opened({ policyFor: () => policy, policy: () => policy } satisfies Partial<Rules>);
    world.wait(15 * MINUTE);
    policy.steps = [levelTwo()];
    world.wait(15 * MINUTE);
    expect(world.incident().deadlines.ack).toBe(world.now + 15 * MINUTE);
  });

  it('after it reopened, the last step is gone through from the beginning', async () => {
    const world = await opened({ steps: [levelTwo()] });
    for (let times = 0; times < 5; times++) {
      world.do(world.uid(), resolve);
      world.do(world.uid(), { type: 'reopen', by: ADA, reason: '' });
    }
    world.wait(15 * MINUTE);
    expect(world.incident()).toMatchObject({ round: 1, deadlines: { ack: expect.any(Number) } });
  });

  it('a deadline that is late says so, and counts once', async () => {
    const world = await opened();
    const at = world.incident().deadlines.ack as number;
    world.now += HOUR;
    world.do(world.uid(), { type: 'deadline', kind: 'ack', at });
    world.do(world.uid(), { type: 'deadline', kind: 'ack', at });
    expect(world.incident().escalations).toHaveLength(1);
    expect(world.timeline().find(({ type }) => type === 'escalated')?.text).toContain('(late by 45 min)');
  });
});

describe('mode: observe', () => {
  it('collects evidence, tells nobody and waits for nobody', async () => {
    const world = new World(rulesOf({ mode: 'observe', classify: () => judged('data-security-breach') }));
    await world.deliver(groupOf([a]));
    world.do(world.uid(), { type: 'set_aside', what: 'collecting the logs', why: 'a bug' });
    await quiet(world);
    expect(world.take('evidence')).toHaveLength(1);
    expect(world.jobs).toEqual([]);
    expect(world.types()).toContain('set_aside');
  });
});

describe('the record', () => {
  it('is chained, without gaps, and folds into the state, with hostile texts too', async () => {
    const world = new World(rulesOf());
    await world.deliver(
      groupOf([alertOf('a', { labels: { at: '2026-01-05T03:00:00.000Z', from: 'x', broken: '\ud800' } })]),
    );
    world.do(world.uid(), { type: 'note', by: ADA, note: 'half a pair: \udc00' });
    world.wait(2 * HOUR);
    const state = world.incident();
    expect(findBreak(world.timeline())).toBeNull();
    world.restart();
    expect(world.incident()).toEqual(state);
    expect(world.incident().labels['at']).toBe('2026-01-05T03:00:00.000Z');
  });

  it('tells an edit, a missing entry and a swap', async () => {
    const world = await opened();
    world.wait(HOUR);
    const entries = world.timeline();
    const [first, second, ...rest] = entries;
    if (first === undefined || second === undefined) throw new Error('too short');
    expect(findBreak([{ ...first, text: 'Nothing happened' }, second, ...rest])).toBe('entry 1 was edited');
    expect(findBreak([second, ...rest])).toBe('entry 1 is missing');
    expect(findBreak([second, first, ...rest])).toBe('entry 1 is missing');
  });
});
