import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { webhookHeaders } from '../../../src/channels/standard-webhooks.ts';
import { labelSet } from '../../../src/domain/alert.ts';
import { answerQuery } from '../../../src/demo/little-prometheus.ts';
import { CHECKOUT } from '../../../src/demo/little-service.ts';
import { People } from '../../../src/demo/people.ts';
import { moveTimes } from '../../../src/demo/recording.ts';
import { populationOf } from '../../../src/evidence/beyond/spread.ts';
import { fingerprintOf } from '../../../src/sources/fingerprint.ts';
import { PROJECT } from '../../helpers/project.ts';

const RULES = join(PROJECT, 'rules', 'demo');

describe("the demo's recordings", () => {
  const now = Date.parse('2027-01-05T03:00:00.000Z');

  it('are moved to now, with the distances between their times kept', () => {
    const moved = moveTimes('2026-03-02T09:29:40.557Z up, 2026-03-01T09:30:00Z down', now);
    expect(moved).toBe('2027-01-05T02:59:40.557Z up, 2027-01-04T03:00:00.000Z down');
  });

  it("leave Go's zero time alone, which Alertmanager sends as endsAt", () => {
    expect(moveTimes('"endsAt": "0001-01-01T00:00:00Z"', now)).toBe('"endsAt": "0001-01-01T00:00:00Z"');
  });

  it('carry the fingerprints that Alertmanager would give their labels', async () => {
    const names = await readdir(join(RULES, 'alerts'));
    expect(names).toHaveLength(8);
    for (const name of names) {
      const body = JSON.parse(await readFile(join(RULES, 'alerts', name), 'utf8')) as {
        alerts: { labels: Record<string, string>; fingerprint: string }[];
      };
      for (const { labels, fingerprint } of body.alerts)
        expect(fingerprint).toBe(fingerprintOf(labelSet(Object.entries(labels))));
    }
  });
});

describe("the demo's PromQL", () => {
  const ask = (query: string, up: boolean): ReturnType<typeof answerQuery> =>
    answerQuery(query, async (instance) => (instance === CHECKOUT ? { up, text: '' } : null), 1_000);
  const results = (answer: { body: unknown }): unknown[] =>
    (answer.body as { data: { result: unknown[] } }).data.result;

  it('tells of its own services as it is at that moment', async () => {
    expect(results(await ask(`up{instance="${CHECKOUT}"} == 1`, true))).toHaveLength(1);
    expect(results(await ask(`up{instance="${CHECKOUT}"} == 1`, false))).toEqual([]);
    expect(results(await ask(`up{instance="${CHECKOUT}"} == 0`, false))).toHaveLength(1);
  });

  it('counts its services and tells what they run, as evidence asks', async () => {
    const population = populationOf({ alertname: 'Slow', job: 'search', instance: 'search-1.shop.example:8080' });
    const asked = [population?.total, population?.firing, population?.builds].map(async (query = '') =>
      results(await ask(query, true)),
    );
    const [total, firing, builds] = await Promise.all(asked);
    expect([total, firing]).toMatchObject([[{ value: [1, '3'] }], [{ value: [1, '1'] }]]);
    expect(builds).toHaveLength(3);
  });

  it('knows nothing of any other instance, and refuses every other query', async () => {
    expect(results(await ask('up{instance="elsewhere:80"} == 1', true))).toEqual([]);
    for (const query of ['vector(1)', '', `up{instance="${CHECKOUT}"} == 1 or vector(1)`, 'up == 1'])
      expect((await ask(query, true)).status).toBe(400);
  });
});

describe("the demo's receiver", () => {
  const secret = 'whsec_ZGVtbw==';
  const body = JSON.stringify({
    type: 'incident.page',
    data: { incident: { id: 'INC-1' }, message: { subject: 's', headline: 'h', links: [] }, attachments: [] },
  });

  it('takes what is signed, once, however often it is sent', () => {
    const people = new People(secret);
    const headers = webhookHeaders('id-1', 1_000, body, secret);
    expect([people.receive('ada', headers, body, 1), people.receive('ada', headers, body, 2)]).toEqual([204, 204]);
    expect(people.got('ada', 'INC-1').map(({ purpose, at }) => [purpose, at])).toEqual([['page', 1]]);
    expect(people.got('level3', 'INC-1')).toEqual([]);
  });

  it('refuses what somebody else sends', () => {
    const people = new People(secret);
    expect(people.receive('ada', webhookHeaders('id-1', 1_000, body, 'whsec_b3RoZXI='), body, 1)).toBe(401);
    expect(people.receive('ada', {}, body, 1)).toBe(401);
    expect(people.all()).toEqual([]);
  });
});
