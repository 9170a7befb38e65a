import { asRestored } from '../../../src/backup/as-restored.ts';
import type { Header } from '../../../src/backup/format.ts';
import type { Attempt, Incident } from '../../../src/domain/incident.ts';
import type { FixAnswer, FixRequest } from '../../../src/engine/messages.ts';
import { controlFixes } from '../../../src/jobs/control-fixes.ts';
import { runFix } from '../../../src/jobs/run-fix.ts';
import { writeFrozen } from '../../../src/store/fix-controls.ts';
import { MINUTE, SECOND } from '../../helpers/fake-rules.ts';
import { healthy, openFixHouse, UNIT_FAILED, unitFails, type FixHouse } from '../../helpers/fix-house.ts';
import { ADA, endOf, groupOf } from '../../helpers/incident-world.ts';
import { compiledOf } from '../fixes/example-fix.ts';

const signal = new AbortController().signal;
const houses: FixHouse[] = [];
afterEach(async () => {
  for (const house of houses.splice(0)) await house.close();
});

/** A house in which the fix was proposed. */
async function proposed(fix: Parameters<typeof openFixHouse>[0] = {}): Promise<FixHouse> {
  const house = await openFixHouse({ mode: 'approval', ...fix });
  houses.push(house);
  await unitFails(house);
  await house.work('fix');
  return house;
}

const attemptOf = async (house: FixHouse): Promise<Attempt> => (await house.incident()).attempts.at(-1) as Attempt;

function decide(
  house: FixHouse,
  action: 'approve' | 'deny' = 'approve',
  more: { by?: string; hash?: string; attempt?: string; parts?: FixHouse['parts'] } = {},
): Promise<FixAnswer> {
  const { by = 'ada', hash = null, attempt = null, parts = house.parts } = more;
  return controlFixes(parts, { action, number: 1, attempt, by, reason: '', hash } satisfies FixRequest);
}

async function pages(house: FixHouse): Promise<string[]> {
  const rows = await house.store.db.selectFrom('jobs').select('payload').where('kind', '=', 'notify').execute();
  return rows.map(({ payload }) => payload);
}

async function passDeadline(house: FixHouse, kind: keyof Incident['deadlines']): Promise<void> {
  const { uid, deadlines } = await house.incident();
  house.pass(Math.max(0, (deadlines[kind] as number) - house.time.now));
  await house.store.transact(async (unit) => {
    await unit.incident(uid);
    unit.run(uid, { type: 'deadline', kind, at: deadlines[kind] as number });
  });
}

describe('a known fix in mode approval', () => {
  it('is proposed with what exactly would run; Level 2 is paged with it, and nothing runs', async () => {
    const house = await proposed();
    expect(await house.states()).toEqual({ journal: ['awaiting_approval'], incident: ['awaiting_approval'] });
    const { reasons, hash } = await attemptOf(house);
    expect(reasons).toEqual(['/usr/bin/ssh tierbell@db-1 systemctl restart -- nginx.service']);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    const { level, step, deadlines } = await house.incident();
    expect([level, step, deadlines.fix]).toEqual(['2', 0, undefined]);
    expect(deadlines.approval).toBeGreaterThan(house.time.now);
    const page = (await pages(house)).find((payload) => payload.includes('"page"'));
    expect(page).toContain('/usr/bin/ssh tierbell@db-1 systemctl restart -- nginx.service');
    expect(page).toContain('tierbell fix approve INC-1');
    expect(house.runs).toEqual([]);
    expect(await house.work('fix')).toBe(false);
  });

  it('guards are asked before it is proposed: Level 2 hears why it is not', async () => {
    const house = await openFixHouse({ mode: 'approval' });
    houses.push(house);
    house.say.metrics = (promql) => (promql.startsWith('up{') ? { ok: true, value: [] } : healthy(promql));
    await unitFails(house);
    await house.work('fix');
    expect(await house.states()).toEqual({ journal: ['refused'], incident: ['refused'] });
    expect(await house.incident()).toMatchObject({ step: 0 });
  });

  it('approved it runs once, under the name of who approved it; approved again by the same person it is done', async () => {
    const house = await proposed();
    expect(await decide(house)).toEqual({ outcome: 'done' });
    expect(await decide(house)).toEqual({ outcome: 'done' });
    while (await house.work('fix'));
    expect(await decide(house)).toEqual({ outcome: 'done' });
    while (await house.work('fix'));
    expect(house.runs).toHaveLength(1);
    expect(await attemptOf(house)).toMatchObject({ state: 'succeeded', decidedBy: 'ada' });
    expect(await decide(house, 'approve', { by: 'bob' })).toMatchObject({
      outcome: 'refused',
      detail: expect.stringContaining('decided by ada') as string,
    });
    expect(await decide(house, 'deny')).toMatchObject({ outcome: 'refused' });
    const entries = await house.read.timeline((await house.incident()).uid);
    expect(entries.find(({ text }) => text.includes('approved by ada'))?.actor).toEqual({
      kind: 'person',
      name: 'ada',
    });
  });

  it('denied it never runs, and says by whom', async () => {
    const house = await proposed();
    expect(await decide(house, 'deny')).toEqual({ outcome: 'done' });
    expect(await house.states()).toEqual({ journal: ['denied'], incident: ['denied'] });
    expect(await decide(house)).toMatchObject({ outcome: 'refused' });
    while (await house.work('fix'));
    expect(house.runs).toEqual([]);
    expect((await house.incident()).deadlines.approval).toBeUndefined();
  });

  it('an approval of something else than what was looked at is refused, and the proposal stays', async () => {
    const house = await proposed();
    expect(await decide(house, 'approve', { hash: 'f'.repeat(64) })).toMatchObject({ outcome: 'refused' });
    expect((await house.states()).journal).toEqual(['awaiting_approval']);
    expect(await decide(house, 'approve', { attempt: 'nonsense' })).toMatchObject({ outcome: 'not_found' });
  });

  it('rules that changed meanwhile: refused, and proposed again as it would run now', async () => {
    const house = await proposed();
    const before = await attemptOf(house);
    const argv = ['/usr/bin/ssh', 'tierbell@{{ host }}', 'systemctl', 'reload', '--', '{{ unit }}'];
    const parameters = {
      unit: { from: 'labels.name', pattern: String.raw`[a-z0-9@._-]{1,64}\.service` },
      host: { from: 'labels.instance', pattern: '(?P<value>[a-z0-9.-]{1,253})(:[0-9]+)?' },
    };
    const action = { kind: 'command', argv, parameters, timeout: '60s' };
    const parts = { ...house.parts, fixes: [compiledOf({ mode: 'approval', overrides: [], action })] };
    expect(await decide(house, 'approve', { parts })).toMatchObject({
      outcome: 'refused',
      detail: expect.stringContaining('proposed again') as string,
    });
    await runFix(parts, (await house.claim('fix')) as never, signal);
    expect(house.runs).toEqual([]);
    const after = await attemptOf(house);
    expect([after.state, after.reasons[0]]).toEqual([
      'awaiting_approval',
      '/usr/bin/ssh tierbell@db-1 systemctl reload -- nginx.service',
    ]);
    expect(after.hash).not.toBe(before.hash);
    expect(await decide(house, 'approve', { parts, attempt: before.id })).toMatchObject({ outcome: 'refused' });
    expect(await decide(house, 'approve', { parts, hash: before.hash as string })).toMatchObject({
      outcome: 'refused',
    });
    expect(await decide(house, 'approve', { parts })).toEqual({ outcome: 'done' });
  });

  it.each<[string, (house: FixHouse) => Promise<unknown>, RegExp]>([
    ['the kill switch', ({ store }) => store.transact((unit) => writeFrozen(unit, true, 'bob', '')), /frozen by bob/],
    [
      'quiet alerts',
      (house) =>
        house.deliver(
          groupOf([endOf(UNIT_FAILED, house.time.now)], { source: 'alertmanager', groupKey: '{}:{instance="db-1"}' }),
        ),
      /no alert of the incident fires|does not fire any more|no target/,
    ],
  ])('%s: asked again at approval, and refused', async (_name, arrange, reason) => {
    const house = await proposed();
    await arrange(house);
    expect(await decide(house)).toMatchObject({ outcome: 'refused', detail: expect.stringMatching(reason) as string });
    expect(await house.states()).toEqual({ journal: ['refused'], incident: ['refused'] });
    while (await house.work('fix'));
    expect(house.runs).toEqual([]);
  });

  it('the kill switch thrown between approval and start holds it', async () => {
    const house = await proposed();
    await decide(house);
    await house.store.transact((unit) => writeFrozen(unit, true, 'bob', 'stop'));
    await house.work('fix');
    expect(house.runs).toEqual([]);
    expect((await attemptOf(house)).reasons.join()).toMatch(/frozen by bob.*stop/);
  });

  it('an approval that waited for more than two minutes starts nothing', async () => {
    const house = await proposed();
    await decide(house);
    house.pass(2 * MINUTE + SECOND);
    await house.work('fix');
    expect(house.runs).toEqual([]);
    expect((await attemptOf(house)).reasons.join()).toContain('too old to act upon');
  });

  it('nobody approves it in time: withdrawn with the time of the level, which goes to Level 3 as ever', async () => {
    const house = await proposed();
    const { deadlines } = await house.incident();
    expect(deadlines.approval).toBe(deadlines.level);
    await passDeadline(house, 'approval');
    expect(await house.incident()).toMatchObject({ level: '3', escalations: [{ reason: 'time_at_level' }] });
    expect(await house.states()).toEqual({ journal: ['refused'], incident: ['refused'] });
    expect((await attemptOf(house)).reasons).toEqual(['nobody approved it in time']);
    expect(await decide(house)).toMatchObject({ outcome: 'refused' });
  });

  it('resolved meanwhile: withdrawn, in the journal too', async () => {
    const house = await proposed();
    const { uid } = await house.incident();
    await house.store.transact(async (unit) => {
      await unit.incident(uid);
      unit.run(uid, { type: 'resolve', by: ADA, reason: '' });
    });
    expect(await house.states()).toEqual({ journal: ['refused'], incident: ['refused'] });
    expect(await decide(house)).toMatchObject({ outcome: 'refused' });
  });

  it('restored from a backup in which it waited: it may have run since, so nobody can approve it', async () => {
    const house = await proposed();
    const header = { takenAt: new Date(house.time.now).toISOString() } as Header;
    for (const row of await house.store.db.selectFrom('attempts').selectAll().execute()) {
      const { state, started_at } = asRestored('attempts', row, header) as typeof row;
      await house.store.db.updateTable('attempts').set({ state, started_at }).where('id', '=', row.id).execute();
    }
    expect(await decide(house)).toMatchObject({
      outcome: 'refused',
      detail: expect.stringContaining('restored from a backup') as string,
    });
    expect(house.runs).toEqual([]);
  });
});

describe('kill -9 around an approval: never twice', () => {
  it.each([
    ['before the approval was committed', 0, 'before', 0, 'awaiting_approval'],
    ['between approval and start', 0, 'after', 1, 'succeeded'],
    ['at resume', 1, 'before', 1, 'succeeded'],
    ['before started', 2, 'before', 1, 'succeeded'],
    ['after started, before it ran', 2, 'after', 0, 'unknown'],
    ['after it ran, before its outcome', 3, 'before', 1, 'unknown'],
    ['after its outcome', 3, 'after', 1, 'succeeded'],
  ] as const)('%s', async (_name, nth, when, runs, state) => {
    const house = await proposed();
    let calls = -1;
    const store = {
      ...house.store,
      db: house.store.db,
      async transact(work: Parameters<typeof house.store.transact>[0]) {
        calls += 1;
        if (calls === nth && when === 'before') throw new Error('kill -9');
        const result = await house.store.transact(work);
        if (calls === nth) throw new Error('kill -9');
        return result;
      },
    } as typeof house.store;
    const parts = { ...house.parts, store };
    const story = async (): Promise<void> => {
      await decide(house, 'approve', { parts });
      await runFix(parts, (await house.claim('fix')) as never, signal);
    };
    await expect(story()).rejects.toThrow('kill -9');
    await house.reopen();
    while (await house.work('fix'));
    expect(house.runs).toHaveLength(runs);
    expect(await house.states()).toEqual({ journal: [state], incident: [state] });
  });
});

describe('a known fix that a person has run', () => {
  const ask = (house: FixHouse, fix = 'restart-unit', by = 'ada', number = 1): Promise<FixAnswer> =>
    controlFixes(house.parts, { action: 'run', number, fix, by, reason: '' });

  it('goes through the same guards and the journal, and is verified', async () => {
    const house = await proposed();
    await decide(house, 'deny', { by: 'bob' });
    expect(await ask(house)).toEqual({ outcome: 'done' });
    expect(await ask(house)).toEqual({ outcome: 'done' }); // as asked already
    expect(await ask(house, 'restart-unit', 'bob')).toMatchObject({ outcome: 'refused' });
    while (await house.work('fix'));
    expect(house.runs).toHaveLength(1);
    expect(await attemptOf(house)).toMatchObject({ state: 'succeeded', decidedBy: 'ada' });
    expect((await house.states()).journal).toEqual(['succeeded']);
    while (await house.work('verify')) house.pass(5 * SECOND);
    expect(await ask(house)).toMatchObject({ outcome: 'refused' }); // once for an incident, whoever asks
    expect(house.runs).toHaveLength(1);
  });

  it('one that waits for approval is approved instead; one that nobody knows is not found', async () => {
    const house = await proposed();
    expect(await ask(house)).toMatchObject({
      outcome: 'refused',
      detail: expect.stringContaining('approve that') as string,
    });
    expect(await ask(house, 'nonsense')).toMatchObject({ outcome: 'not_found' });
    expect(await ask(house, 'restart-unit', 'ada', 9)).toMatchObject({ outcome: 'not_found' });
  });

  it('in mode dry_run it only says again what it would do', async () => {
    const house = await proposed({ mode: 'dry_run' });
    expect(await ask(house)).toEqual({ outcome: 'done' });
    while (await house.work('fix'));
    expect(house.runs).toEqual([]);
    expect((await house.states()).incident).toEqual(['dry_run', 'dry_run']);
  });

  it('a refusal is told to who asked, and stands on record', async () => {
    const house = await proposed({ mode: 'dry_run' });
    await house.store.transact((unit) => writeFrozen(unit, true, 'bob', ''));
    expect(await ask(house)).toMatchObject({
      outcome: 'refused',
      detail: expect.stringContaining('frozen by bob') as string,
    });
    expect(await attemptOf(house)).toMatchObject({ state: 'refused', decidedBy: 'ada' });
  });
});
