import { parse } from 'yaml';
import { ruleFile } from '../../../src/config/rules-schema.ts';
import { keepCorrection } from '../../../src/store/corrections.ts';
import { typed } from '../../helpers/capture-terminal.ts';
import { alertOf, groupOf } from '../../helpers/incident-world.ts';
import { openTestStore, type TestStore } from '../../helpers/open-test-store.ts';

let house: TestStore;
beforeEach(async () => {
  house = await openTestStore();
});
afterEach(() => house.close());

/** `tierbell rules propose` on the store while a bridge has it open. */
function propose(): ReturnType<typeof typed> {
  return typed('rules', 'propose', '--storage.path', house.folder);
}

it('prints a rule file from what people filed, with the incidents that it would have changed', async () => {
  await house.deliver(groupOf([alertOf('a', { name: 'DiskPathLost' })], { groupKey: 'one' }));
  await house.deliver(groupOf([alertOf('b', { name: 'DiskPathLost' })], { groupKey: 'two' }));
  const incident = await house.incident(1);
  await house.store.transact((unit) =>
    keepCorrection(unit.tx, incident, { by: 'ada', category: 'software-installation-failure', reason: '' }, unit.now),
  );
  const { status, out, err } = await propose();
  expect({ status, err }).toEqual({ status: 0, err: '' });
  expect(out).toMatch(/# {3}INC-1: .+ → software-installation-failure\n {2}# {3}INC-2: /);
  expect(ruleFile.parse(parse(out)).categories).toMatchObject([
    { category: 'software-installation-failure', any: [{ matchers: ['alertname="DiskPathLost"'] }] },
  ]);
});

it('says so where nobody has corrected anything', async () => {
  const { status, out, err } = await propose();
  expect({ status, out }).toEqual({ status: 0, out: '' });
  expect(err).toContain('nobody has changed a category yet');
});
