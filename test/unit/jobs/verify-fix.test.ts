import { failure, success } from '../../../src/domain/result.ts';
import { setAside } from '../../../src/jobs/set-aside.ts';
import { MINUTE, SECOND } from '../../helpers/fake-rules.ts';
import { healthy, openFixHouse, UNIT_FAILED, unitFails, type FixHouse } from '../../helpers/fix-house.ts';
import { ADA, endOf, groupOf } from '../../helpers/incident-world.ts';

let house: FixHouse;
beforeEach(async () => {
  house = await openFixHouse();
  await unitFails(house);
  await house.work('fix');
});
afterEach(() => house.close());

/** Looks as often as looks are due, for so long. */
async function lookFor(ms: number): Promise<void> {
  for (let passed = 0; passed <= ms; passed += SECOND) {
    await house.work('verify');
    house.pass(SECOND);
  }
}

it('healthy for the time that the fix asks for: verified, resolved, and the record names the fix', async () => {
  await lookFor(4 * MINUTE);
  expect((await house.states()).incident).toEqual(['succeeded']);
  await lookFor(MINUTE + 10 * SECOND);
  expect(await house.states()).toEqual({ journal: ['verified'], incident: ['verified'] });
  expect(await house.incident()).toMatchObject({
    status: 'resolved',
    resolvedHow: 'fix',
    resolvedBy: 'fix restart-unit',
  });
  expect(await house.work('verify')).toBe(false);
});

it('a break in between begins the time anew', async () => {
  await lookFor(4 * MINUTE);
  house.say.metrics = () => success([]);
  await lookFor(10 * SECOND);
  house.say.metrics = healthy;
  await lookFor(4 * MINUTE);
  expect((await house.states()).incident).toEqual(['succeeded']);
  await lookFor(MINUTE + 10 * SECOND);
  expect((await house.states()).incident).toEqual(['verified']);
});

it('never healthy until its timeout: unverified, Level 3 takes over with the output', async () => {
  house.say.metrics = () => failure('refused', 'nobody listens');
  await lookFor(10 * MINUTE + 10 * SECOND);
  expect(await house.states()).toEqual({ journal: ['unverified'], incident: ['unverified'] });
  expect(await house.incident()).toMatchObject({
    level: '3',
    escalations: [{ reason: 'fix_unverified' }],
    attempts: [{ output: 'restarted\n' }],
  });
});

it('the alert going quiet is no success', async () => {
  house.say.metrics = () => success([]);
  await house.deliver(
    groupOf([endOf(UNIT_FAILED, house.time.now + 1)], { source: 'alertmanager', groupKey: '{}:{instance="db-1"}' }),
  );
  await lookFor(10 * MINUTE + 10 * SECOND);
  expect(await house.incident()).toMatchObject({ level: '3', attempts: [{ state: 'unverified' }] });
});

it('goes on after a restart where it was, and needs no one to remember', async () => {
  await lookFor(2 * MINUTE);
  await house.reopen();
  await lookFor(3 * MINUTE + 10 * SECOND);
  expect((await house.states()).incident).toEqual(['verified']);
});

it('nobody looked for a while: health in that time is not known, so it counts from now', async () => {
  await lookFor(2 * MINUTE);
  house.pass(4 * MINUTE);
  await lookFor(MINUTE);
  expect((await house.states()).incident).toEqual(['succeeded']);
});

it('resolved by a person meanwhile: the outcome is recorded and nothing else changes', async () => {
  const { uid } = await house.incident();
  await house.store.transact(async (unit) => {
    await unit.incident(uid);
    unit.run(uid, { type: 'resolve', by: ADA, reason: '' });
  });
  await lookFor(5 * MINUTE + 10 * SECOND);
  expect(await house.incident()).toMatchObject({
    resolvedHow: 'person',
    resolvedBy: 'ada',
    attempts: [{ state: 'verified' }],
  });
});

it('that breaks again and again counts as unverified: the target is free, Level 3 hears of it', async () => {
  await setAside(house.store, await house.claim('verify'), 'a bug');
  expect(await house.states()).toEqual({ journal: ['unverified'], incident: ['unverified'] });
  expect((await house.incident()).level).toBe('3');
});
