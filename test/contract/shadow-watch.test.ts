import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { observeGroup } from '../../src/jobs/observe.ts';
import type { FromShadow } from '../../src/shadow/messages.ts';
import { ShadowWatch } from '../../src/shadow/shadow-watch.ts';
import { createSource, sourceConfig } from '../../src/sources/registry.ts';
import { openArchive, type Archive } from '../../src/store/open-storage.ts';
import { DAWN } from '../helpers/incident-world.ts';
import { HOUSE_RULES, openHouse, type House } from '../helpers/open-house.ts';
import { firing } from '../helpers/payload.ts';
import { temporaryFolder } from '../servers/cleanup.ts';

const MINUTE = 60_000;
const settings = sourceConfig.parse({ name: 'am', kind: 'alertmanager' });
const am = createSource(settings);

/** The shipped rules, with this time to acknowledge for every priority. */
async function configWith(minutes: number): Promise<Config> {
  const loaded = await loadConfig({ file: 'rules/tierbell.yaml', env: {} });
  if (!loaded.ok) throw new Error('the shipped rules are wrong');
  const time = minutes * MINUTE;
  const policies = loaded.config.escalation_policies.map((policy) => ({
    ...{ ...policy, immediately: [], max_time_at_level: undefined },
    steps: policy.steps.map((step) => ({ ...step, ack_timeout: { P1: time, P2: time, P3: time, P4: time } })),
  }));
  return { ...loaded.config, sources: [settings], escalation_policies: policies };
}

describe('rules in the shadow follow the record', () => {
  let house: House;
  let archive: Archive;
  let watch: ShadowWatch;
  const told: FromShadow[] = [];
  beforeEach(async () => {
    const address = { folder: temporaryFolder('house').path, url: null };
    house = await openHouse(address);
    archive = await openArchive(address);
    told.length = 0;
    const rules = { running: await configWith(60), shadow: await configWith(10) };
    const tell = (message: FromShadow): void => void told.push(message);
    watch = new ShadowWatch({ archive, ...rules, skip: [2], tell, now: () => house.time.now });
  });
  afterEach(async () => {
    await archive.close();
    await house.close();
  });

  async function receive(name: string): Promise<void> {
    const { time, storage, store } = house;
    const payload = firing(name, { instance: 'a' });
    const { id } = await storage.inbox.append('am', Buffer.from(JSON.stringify(payload)), time.now);
    await store.transact(async (unit) => {
      for (const group of am.parse(payload, time.now).groups)
        await observeGroup(unit, id, group, HOUSE_RULES.groupingBy);
    });
  }

  /** What differs, of everything that is to be compared now. */
  async function compareAll(): Promise<Record<number, string[]>> {
    told.length = 0;
    await watch.follow();
    while (await watch.compareNext());
    const found = told.flatMap((one) => (one.type === 'compared' ? [one.finding] : []));
    return Object.fromEntries(
      found.map(({ number, differences }) => [number, differences.map(({ kind, after }) => `${kind}: ${after}`)]),
    );
  }

  it('what time alone makes different is found when its time has come, though nothing was written', async () => {
    await receive('KubeNodeNotReady');
    expect(await compareAll()).toEqual({ 1: [] });
    house.time.now += 5 * MINUTE;
    expect(await compareAll()).toEqual({});
    house.time.now += 6 * MINUTE;
    expect(await compareAll()).toEqual({
      1: ['escalation: Level 2 to 3 after 10 min (ack_timeout)', 'notice: l3-mail (escalation) after 10 min'],
    });
  });

  it('what is new is compared once it has settled, what was given up is left alone, and what is gone is told', async () => {
    expect(await compareAll()).toEqual({});
    await receive('KubeNodeNotReady');
    await receive('TargetDown');
    await receive('HostOutOfDiskSpace');
    expect(await compareAll()).toEqual({});
    await house.storage.inbox.forget(DAWN + MINUTE, 1);
    house.time.now += MINUTE;
    expect(await compareAll()).toEqual({ 3: [] });
    expect(told.filter(({ type }) => type === 'skipped')).toMatchObject([
      { number: 1, why: expect.stringContaining('past their retention') },
    ]);
  });
});
