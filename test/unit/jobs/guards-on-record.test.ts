import { success } from '../../../src/domain/result.ts';
import { controlFixes } from '../../../src/jobs/control-fixes.ts';
import { MINUTE, SECOND } from '../../helpers/fake-rules.ts';
import { openFixHouse, unitFails, UNIT_FAILED, type FixHouse } from '../../helpers/fix-house.ts';
import { alertOf, groupOf } from '../../helpers/incident-world.ts';

const houses: FixHouse[] = [];
afterEach(async () => {
  for (const house of houses.splice(0)) await house.close();
});

async function open(...args: Parameters<typeof openFixHouse>): Promise<FixHouse> {
  const house = await openFixHouse(...args);
  houses.push(house);
  return house;
}

async function lastReasons(house: FixHouse, number: number): Promise<string> {
  return (await house.incident(number)).attempts.flatMap(({ reasons }) => reasons).join('; ');
}

/** Each guard of docs/guides/fixes.md over a real journal; those about one attempt are in run-fix.test.ts. */
describe('guard rails over the journal', () => {
  it('ten starts an hour in all, whatever a fix allows; an hour later it goes on', async () => {
    const house = await open({ guards: { cooldown: '0s', max_per_hour: 50 } });
    for (let n = 1; n <= 11; n += 1) await unitFails(house, `web-${n}`);
    while (await house.work('fix'));
    expect(house.runs).toHaveLength(10);
    expect(await lastReasons(house, 11)).toContain(
      '10 fixes were started in the last hour, at most 10 are allowed in all',
    );
    house.pass(60 * MINUTE);
    await unitFails(house, 'web-12');
    while (await house.work('fix'));
    expect(house.runs).toHaveLength(11);
  });

  it('more targets than max_targets: nothing runs on any of them', async () => {
    const house = await open();
    const both = ['db-1', 'db-2'].map((host) =>
      alertOf(host, { name: 'SystemdUnitFailed', labels: { name: 'nginx.service' } }),
    );
    await house.deliver(groupOf(both, { source: 'alertmanager', groupKey: '{}:{}' }));
    await house.work('fix');
    expect(house.runs).toEqual([]);
    expect(await lastReasons(house, 1)).toContain('2 targets are hit, and the fix may act where it is at most 1');
  });

  it('alerts that the sender left out: the targets are not known, so nothing runs', async () => {
    const house = await open();
    await house.deliver(groupOf([UNIT_FAILED], { source: 'alertmanager', groupKey: '{}:{}', truncatedAlerts: 3 }));
    await house.work('fix');
    expect(house.runs).toEqual([]);
    expect(await lastReasons(house, 1)).toContain('not every target is known');
  });

  it('what is in flight counts as acted upon and as unwell', async () => {
    const house = await open({
      guards: { cooldown: '0s', max_per_hour: 9, population: { promql: 'count(up)' } },
    });
    house.say.metrics = () => success([{ labels: {}, value: 19 }]); // 1 of 19 is 5 %, 2 are 11 %
    await unitFails(house, 'web-1');
    await house.work('fix');
    await unitFails(house, 'web-2');
    await house.work('fix');
    expect(house.runs).toHaveLength(1);
    expect(await lastReasons(house, 2)).toContain('acting on 2 of 19 would be more than 10 % of the population');
  });

  it('over 30 % of the population fires: nothing runs any more', async () => {
    const house = await open({ guards: { cooldown: '0s', max_per_hour: 9, population: { promql: 'count(up)' } } });
    house.say.metrics = () => success([{ labels: {}, value: 12 }]);
    for (let n = 1; n <= 4; n += 1) await unitFails(house, `web-${n}`);
    await house.work('fix');
    expect(house.runs).toEqual([]);
    expect(await lastReasons(house, 1)).toContain(
      '4 of 12 fire or are being worked on, more than 30 % of the population',
    );
  });

  it('a target is locked until it is verified, also beyond its cooldown', async () => {
    const house = await open({ guards: { cooldown: '1s', max_per_hour: 9 } });
    await unitFails(house);
    await house.work('fix');
    house.pass(5 * MINUTE);
    await house.deliver(
      groupOf([{ ...UNIT_FAILED, fingerprint: 'e'.repeat(16) }], { source: 'alertmanager', groupKey: 'other' }),
    );
    await house.work('fix');
    expect(house.runs).toHaveLength(1);
    expect(await lastReasons(house, 2)).toMatch(/attempt \S+ is still in flight on db-1/);
  });

  it('the breaker opens after two that went wrong, whatever went wrong, and only a person closes it', async () => {
    const house = await open({ guards: { cooldown: '0s', max_per_hour: 9 } });
    house.say.result = { state: 'failed', exitCode: 1, output: '', reason: 'no' };
    await unitFails(house, 'web-1');
    await house.work('fix');
    house.say.result = { state: 'unknown', exitCode: null, output: '', reason: 'timed out' };
    await unitFails(house, 'web-2');
    await house.work('fix');
    house.pass(61 * MINUTE);
    await unitFails(house, 'web-3');
    await house.work('fix');
    expect(house.runs).toHaveLength(2);
    expect(await lastReasons(house, 3)).toContain('the breaker is open');
    house.pass(SECOND);
    const reset = { action: 'reset', fix: 'restart-unit', by: 'ada', reason: 'mended' } as const;
    expect(await controlFixes(house.parts, reset)).toEqual({ outcome: 'done' });
    await unitFails(house, 'web-4');
    await house.work('fix');
    expect(house.runs).toHaveLength(3);
  });

  it('two that start at the same moment on one target: one of them does', async () => {
    const house = await open({ guards: { cooldown: '0s', max_per_hour: 9 } });
    await unitFails(house);
    await house.deliver(
      groupOf([{ ...UNIT_FAILED, fingerprint: 'e'.repeat(16) }], { source: 'alertmanager', groupKey: 'other' }),
    );
    await Promise.all([house.work('fix'), house.work('fix')]);
    expect(house.runs).toHaveLength(1);
  });
});
