import type { AttemptState } from '../../../src/domain/incident.ts';
import { judged, levelTwo, MINUTE, RESTART, rulesOf } from '../../helpers/fake-rules.ts';
import { ADA, alertOf, attemptOf, endOf, evidenceOf, groupOf, World } from '../../helpers/incident-world.ts';

const a = alertOf('a');

/** INC-1, for which a known fix goes first. */
async function fixing(change: Parameters<typeof rulesOf>[0] = {}): Promise<World> {
  const world = new World(rulesOf({ selectFix: () => RESTART, ...change }));
  await world.deliver(groupOf([a]));
  return world;
}

function reach(world: World, ...states: readonly AttemptState[]): void {
  for (const state of states) {
    const startedAt = state === 'intent' ? null : world.now;
    const verification = state === 'verified' ? ({ state: 'healthy', detail: 'up is 1' } as const) : null;
    world.do(world.uid(), { type: 'fix_state', attempt: attemptOf(state, { startedAt, verification }) });
  }
}

describe('a known fix goes first', () => {
  it('nobody is paged while it is at work, and its end is a deadline', async () => {
    const world = await fixing();
    expect(world.told()).toEqual([]);
    expect(world.take('fix').map(({ payload }) => payload)).toEqual([{ fix: 'restart' }]);
    expect(world.incident()).toMatchObject({ step: -1, deadlines: { fix: expect.any(Number) } });
  });

  it('verified: resolved, naming the fix, and Level 2 hears of it', async () => {
    const world = await fixing();
    reach(world, 'intent', 'started', 'succeeded', 'verified');
    expect(world.incident()).toMatchObject({ status: 'resolved', resolvedHow: 'fix', resolvedBy: 'fix restart' });
    expect(world.timeline().find(({ type }) => type === 'resolved')?.text).toBe(
      'Resolved by the known fix "Restart it" (restart) on a, verified: up is 1',
    );
    expect(world.told()).toEqual(['resolved l2-slack']);
  });

  it.each<[AttemptState, AttemptState[], string]>([
    ['failed', ['intent', 'started', 'failed'], 'fix_failed'],
    ['unknown', ['intent', 'started', 'unknown'], 'fix_unknown'],
    ['unverified', ['intent', 'started', 'succeeded', 'unverified'], 'fix_unverified'],
  ])('%s: Level 3 takes over, and Level 2 is informed', async (_state, states, reason) => {
    const world = await fixing();
    reach(world, ...states);
    expect(world.incident()).toMatchObject({
      status: 'triggered',
      level: '3',
      escalations: [{ from: '2', to: '3', reason }],
    });
    expect(world.incident().deadlines.fix).toBeUndefined();
    expect(world.handOver()).toEqual(['3']);
    expect(world.told()).toEqual(['inform l2-slack', 'escalation l3-mail', 'escalation l3-hook']);
  });

  it.each<AttemptState>(['failed', 'unknown', 'unverified'])(
    '%s without a Level 3: Level 2 is paged',
    async (state) => {
      const world = await fixing({ steps: [levelTwo()] });
      reach(world, state);
      expect(world.told()).toEqual(['page l2-slack', 'inform desk-mail']);
      expect(world.incident()).toMatchObject({ step: 0, deadlines: { ack: expect.any(Number) } });
    },
  );

  it.each<AttemptState>(['refused', 'dry_run', 'denied'])('%s: Level 2 is paged as ever', async (state) => {
    const world = await fixing();
    reach(world, state);
    expect(world.told()).toEqual(['page l2-slack', 'inform desk-mail']);
    expect(world.incident()).toMatchObject({ level: '2', step: 0, escalations: [] });
    world.wait(15 * MINUTE);
    expect(world.incident().level).toBe('3');
  });

  it('refused after somebody acknowledged: they are told, and nothing escalates behind their back', async () => {
    const world = await fixing();
    world.do(world.uid(), { type: 'acknowledge', by: ADA, takeover: false });
    reach(world, 'refused');
    expect(world.told()).toEqual(['page l2-slack', 'inform desk-mail']);
    world.wait(30 * MINUTE);
    expect(world.incident()).toMatchObject({ status: 'acknowledged', level: '2' });
  });

  it('a breach with a fix: Level 2 and Level 3 are told at once, the fix goes on', async () => {
    const world = await fixing({ classify: () => judged('data-security-breach') });
    expect(world.take('fix')).toHaveLength(1);
    expect(world.handOver()).toEqual(['3']);
    expect(world.told()).toEqual(['page l2-slack', 'inform desk-mail', 'escalation l3-mail', 'escalation l3-hook']);
    reach(world, 'failed');
    expect(world.incident().escalations).toHaveLength(1);
    expect(world.told()).toEqual(['inform l3-mail', 'inform l3-hook']);
  });

  it('it goes quiet while the fix is verified: it waits for the verification', async () => {
    const world = await fixing();
    reach(world, 'intent', 'started', 'succeeded');
    await world.deliver(groupOf([endOf(a, world.now)]));
    world.wait(5 * MINUTE);
    expect(world.incident().status).toBe('triggered');
    reach(world, 'verified');
    expect(world.incident()).toMatchObject({ status: 'resolved', resolvedHow: 'fix' });
  });

  it('resolved by a person while it runs: the outcome is on record and changes nothing', async () => {
    const world = await fixing();
    reach(world, 'intent', 'started');
    world.do(world.uid(), { type: 'resolve', by: ADA, reason: '' });
    world.told();
    reach(world, 'failed');
    expect(world.incident()).toMatchObject({ status: 'resolved', attempts: [{ state: 'failed' }], escalations: [] });
    expect(world.told()).toEqual([]);
  });

  it('one that was tried is not tried again, not even after a reopening', async () => {
    const world = await fixing();
    reach(world, 'failed');
    world.take('fix');
    world.do(world.uid(), { type: 'resolve', by: ADA, reason: '' });
    world.do(world.uid(), { type: 'reopen', by: ADA, reason: '' });
    expect(world.take('fix')).toEqual([]);
  });

  it.each<[AttemptState[], AttemptState, string]>([
    [['intent', 'started'], 'unknown', 'fix_unknown'],
    [['intent', 'started', 'succeeded'], 'unverified', 'fix_unverified'],
  ])('after %s it is not heard of again: it counts as %s', async (states, expected, reason) => {
    const world = await fixing();
    reach(world, ...states);
    world.wait(13 * MINUTE);
    expect(world.incident()).toMatchObject({ level: '3', attempts: [{ state: expected }], escalations: [{ reason }] });
  });

  it.each<[string, AttemptState[]]>([
    ['never planned', []],
    ['only intended', ['intent']],
  ])('%s in time: it will not run, and Level 2 is paged', async (_name, states) => {
    const world = await fixing();
    reach(world, ...states);
    world.wait(13 * MINUTE);
    expect(world.incident()).toMatchObject({ level: '2', step: 0 });
    expect(world.incident().attempts.map(({ state }) => state)).toEqual(states.map(() => 'refused'));
    expect(world.told()).toContain('page l2-slack');
  });

  it('what is heard after that stands on record as a note', async () => {
    const world = await fixing();
    reach(world, 'intent', 'started');
    world.wait(13 * MINUTE);
    const before = world.incident();
    reach(world, 'succeeded');
    expect(world.timeline().at(-1)).toMatchObject({
      type: 'note',
      text: expect.stringContaining('counted as unknown'),
    });
    expect(world.incident()).toMatchObject({ attempts: before.attempts, status: before.status, level: before.level });
  });

  it('a fix that cannot even be recorded is set aside: the fallback hears now, Level 2 at the deadline', async () => {
    const world = await fixing();
    world.do(world.uid(), { type: 'set_aside', what: 'the known fix', why: 'a bug' });
    expect(world.told()).toEqual(['fallback fallback-mail']);
    world.wait(13 * MINUTE);
    expect(world.told()).toContain('page l2-slack');
  });

  it.each(['notify', 'observe'] as const)('in mode %s no fix is begun', async (mode) => {
    const world = await fixing({ mode });
    expect(world.take('fix')).toEqual([]);
  });
});

describe('what the logs show', () => {
  const evidence = { type: 'evidence', evidence: evidenceOf(), logLines: ['no such host'] } as const;
  const classifyBy = (category: Parameters<typeof judged>[0]) => ({
    classify: ({ logLines }: { logLines: readonly string[] }) =>
      logLines.length === 0 ? judged('unclassified', 0.2) : judged(category),
  });

  it('is told to whoever was paged', async () => {
    const world = new World(rulesOf());
    await world.deliver(groupOf([a]));
    world.told();
    world.do(world.uid(), evidence);
    expect(world.told()).toEqual(['evidence l2-slack']);
  });

  it('is not told to anybody while a fix goes first', async () => {
    const world = await fixing();
    world.do(world.uid(), evidence);
    expect(world.told()).toEqual([]);
  });

  it('a breach that only the logs show goes to Level 3 at once', async () => {
    const world = new World(rulesOf(classifyBy('data-security-breach')));
    await world.deliver(groupOf([a]));
    world.do(world.uid(), evidence);
    expect(world.incident()).toMatchObject({ level: '3', escalations: [{ reason: 'category' }] });
    expect(world.incident().classification.category).toBe('data-security-breach');
  });

  it('also while a fix goes first, and then Level 2 is told too', async () => {
    const world = await fixing(classifyBy('data-security-breach'));
    world.do(world.uid(), evidence);
    expect(world.incident().level).toBe('3');
    expect(world.told()).toContain('page l2-slack');
  });

  it('a category that has a known fix begins it, also after the page, and its refusal is told', async () => {
    const selectFix = (incident: { classification: { category: string } }) =>
      incident.classification.category === 'network-downtime' ? RESTART : null;
    const world = new World(rulesOf({ ...classifyBy('network-downtime'), selectFix }));
    await world.deliver(groupOf([a]));
    world.told();
    world.do(world.uid(), evidence);
    expect(world.take('fix')).toHaveLength(1);
    world.told();
    reach(world, 'dry_run');
    expect(world.told()).toEqual(['inform l2-slack']);
  });

  it('no fix is begun under the hands of whoever acknowledged', async () => {
    const selectFix = (incident: { classification: { category: string } }) =>
      incident.classification.category === 'network-downtime' ? RESTART : null;
    const world = new World(rulesOf({ ...classifyBy('network-downtime'), selectFix }));
    await world.deliver(groupOf([a]));
    world.do(world.uid(), { type: 'acknowledge', by: ADA, takeover: false });
    world.do(world.uid(), evidence);
    expect(world.take('fix')).toEqual([]);
  });

  it('a judgement that did not change is not told again', async () => {
    const world = new World(rulesOf());
    await world.deliver(groupOf([a]));
    world.do(world.uid(), evidence);
    expect(world.types().filter((type) => type === 'classified')).toHaveLength(1);
  });

  it('after the end it is recorded and told to nobody', async () => {
    const world = new World(rulesOf());
    await world.deliver(groupOf([a]));
    world.do(world.uid(), { type: 'resolve', by: ADA, reason: '' });
    world.told();
    world.do(world.uid(), evidence);
    expect(world.incident().evidence).toHaveLength(1);
    expect(world.told()).toEqual([]);
  });
});

describe('messages that do not arrive', () => {
  const lost = { channel: 'l2-slack', recipient: 'level2', detail: 'the key is wrong' } as const;

  it('one that was lost is told over the fallback', async () => {
    const world = new World(rulesOf());
    await world.deliver(groupOf([a]));
    world.told();
    world.do(world.uid(), { type: 'notice_failed', purpose: 'page', ...lost });
    expect(world.incident().told.at(-1)).toMatchObject({ channel: 'l2-slack', ok: false });
    const [notice] = world.take('notify');
    expect(notice?.payload).toMatchObject({
      channel: 'fallback-mail',
      purpose: 'fallback',
      why: 'level2 could not be told over l2-slack: the key is wrong',
    });
  });

  it('one that is late is told over the fallback', async () => {
    const world = new World(rulesOf());
    await world.deliver(groupOf([a]));
    world.told();
    world.do(world.uid(), { type: 'notice_late', ...lost });
    expect(world.told()).toEqual(['fallback fallback-mail']);
  });

  it.each(['notice_failed', 'notice_late'] as const)('%s: not over the channel that has just failed', async (type) => {
    const world = new World(rulesOf({ fallback: ['l2-slack', 'fallback-mail'] }));
    await world.deliver(groupOf([a]));
    world.told();
    world.do(world.uid(), { type, purpose: 'page', ...lost } as never);
    expect(world.told()).toEqual(['fallback fallback-mail']);
  });

  it('the fallback itself does not arrive: that stands on record, and nothing goes in circles', async () => {
    const world = new World(rulesOf());
    await world.deliver(groupOf([a]));
    world.told();
    world.do(world.uid(), { type: 'notice_failed', purpose: 'fallback', ...lost });
    expect(world.told()).toEqual([]);
    expect(world.types().at(-1)).toBe('notice_failed');
  });

  it('no bundle: Level 3 is told all the same, and why', async () => {
    const world = new World(rulesOf());
    await world.deliver(groupOf([a]));
    world.wait(15 * MINUTE);
    world.told();
    world.do(world.uid(), {
      type: 'handover',
      bundle: null,
      notify: ['level3'],
      why: 'late',
      problem: 'the disk is full',
    });
    const notices = world.take('notify').map(({ payload }) => payload);
    expect(notices.map(({ channel }) => channel)).toEqual(['l3-mail', 'l3-hook']);
    expect(notices[0]).toMatchObject({ bundle: null, why: 'late. The bundle could not be made: the disk is full' });
  });

  it('bundles are numbered, and each message names its own', async () => {
    const world = new World(rulesOf());
    await world.deliver(groupOf([a]));
    world.wait(15 * MINUTE);
    world.handOver();
    world.wait(15 * MINUTE);
    world.handOver();
    expect(world.incident().bundles).toBe(2);
    expect(
      world
        .take('notify')
        .filter(({ payload }) => payload.purpose === 'escalation')
        .map(({ payload }) => payload.bundle),
    ).toEqual([1, 1, 2, 2]);
  });

  it('one that a person asks for is numbered too, and nobody is told', async () => {
    const world = new World(rulesOf());
    await world.deliver(groupOf([a]));
    world.told();
    world.do(world.uid(), { type: 'pack', by: ADA, reason: 'to read it on the train' });
    const why = 'ada asked for it: to read it on the train';
    expect(world.incident()).toMatchObject({ level: '2', status: 'triggered' });
    expect(world.timeline().at(-1)).toMatchObject({
      ...{ type: 'handover_asked', text: `The hand-over bundle is being packed: ${why}`, actor: ADA },
    });
    world.handOver();
    expect(world.incident().bundles).toBe(1);
    expect(world.told()).toEqual([]);
  });
});
