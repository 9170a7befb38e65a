import { wordNotice } from '../../../src/channels/messages/word-notice.ts';
import type { Incident } from '../../../src/domain/incident.ts';
import type { Job } from '../../../src/domain/job.ts';
import { failure, success, type Outcome } from '../../../src/domain/result.ts';
import { readme } from '../../../src/handover/readme.ts';
import { compileServices } from '../../../src/incidents/services.ts';
import { createCollector } from '../../../src/evidence/collector.ts';
import { collectEvidence, type EvidenceParts } from '../../../src/jobs/collect-evidence.ts';
import type { MetricsSource, Sample } from '../../../src/metrics/metrics-source.ts';
import { MINUTE, rulesOf } from '../../helpers/fake-rules.ts';
import { alertOf, groupOf } from '../../helpers/incident-world.ts';
import { openTestStore, type TestStore } from '../../helpers/open-test-store.ts';
import { sampleInput } from '../../helpers/sample-incident.ts';

const PROMQL = 'sum(rate(orders_failed[5m]))*60';
const entry = { matchers: [], depends_on: [], skills: [], contacts: [] };
const services = compileServices([
  { ...entry, name: 'checkout', impact_query: { promql: PROMQL, unit: 'orders/min failing' } },
  { ...entry, name: 'psp' },
]);
const RULES = rulesOf({ services, noLogs: () => 'No log store serves it.' });

describe('how many are hit, by the impact_query of the service', () => {
  let house: TestStore;
  let asked: string[];
  beforeEach(async () => {
    house = await openTestStore(RULES);
    asked = [];
  });
  afterEach(() => house.close());

  function sourceOf(name: string, answer: Outcome<readonly Sample[]>): MetricsSource {
    return {
      ...{ name, kind: 'fake', serves: () => true },
      async query(promql) {
        asked.push(promql);
        return answer;
      },
      queryRange: async () => failure('not_found', 'not asked here'),
    };
  }
  const values = (...all: number[]): Outcome<readonly Sample[]> =>
    success(all.map((value, index) => ({ labels: { shop: String(index) }, value })));

  /** Opens an incident on a service and looks around it. */
  async function open(service: string, metricsSources: readonly MetricsSource[]): Promise<Incident> {
    await house.deliver(groupOf([alertOf('a', { labels: { service } })]));
    const parts: EvidenceParts = {
      ...{ store: house.store, read: house.read, redact: (text) => text, log: () => undefined, holds: () => false },
      ...{ metricsSources, rules: () => RULES, sources: new Map(), providers: [], logs: createCollector([], String) },
      ...{ blobs: {} as never, metrics: {} as never },
    };
    for (const job of await house.store.claim(['evidence'], 9, MINUTE))
      await collectEvidence(parts, job as Extract<Job, { kind: 'evidence' }>, new AbortController().signal);
    return house.incident(1);
  }

  it('is asked once at the opening, is on record, and stands in messages and in the bundle', async () => {
    const incident = await open('checkout', [sourceOf('prom', values(12.3456))]);
    expect(asked).toEqual([PROMQL]);
    expect(incident.evidence.find(({ about }) => about === 'impact')).toMatchObject({
      ...{ kind: 'metric', state: 'complete', store: 'prom', facts: [{ text: '12.3 orders/min failing' }] },
    });
    expect((await house.read.timeline(incident.uid)).map(({ text }) => text)).toContain(
      'Impact: 12.3 orders/min failing',
    );
    const notice = wordNotice(sampleInput({ purpose: 'evidence', incident }));
    expect(notice.facts.find(([name]) => name === 'How bad')?.[1]).toMatch(/; 12\.3 orders\/min failing$/);
    expect(JSON.stringify(notice.sections)).toContain('Impact: 12.3 orders/min failing');
    const told = await house.store.db.selectFrom('jobs').select('payload').where('kind', '=', 'notify').execute();
    expect(told.filter(({ payload }) => payload.includes('"evidence"'))).toHaveLength(1);
    const page = readme({
      ...{ incident, alerts: [], timeline: [], raw: [], links: [], procedure: [], why: '', meetingUrl: null },
      now: house.time.now,
    });
    expect(page).toContain('hit; 12.3 orders/min failing');
  });

  it.each([
    ['a source that fails', [values(1), failure('server_error', 'prom does not answer')], 'several'],
    [
      'a source that is silent',
      [failure('timed_out', 'prom did not answer within 10 s')],
      'prom did not answer within 10 s.',
    ],
    ['no source', [], 'no metrics source serves this alert; see metrics in the configuration.'],
    ['no value', [values()], 'the query gave no value. Where that means none, let it end with `or vector(0)`.'],
    ['several values', [values(1, 2)], 'the query gave 2 values instead of one. Put sum(…) or max(…) around it.'],
    ['no number', [values(Number.NaN)], 'the query gave NaN. Mind divisions by zero in it.'],
  ] as const)('with %s the record says why, and what to do', async (_what, answers, why) => {
    const sources = answers.map((answer, index) => sourceOf(`prom-${index}`, answer));
    const incident = await open('checkout', sources);
    const found = incident.evidence.find(({ about }) => about === 'impact');
    expect(found?.state).toBe('unavailable');
    const reason =
      why === 'several' ? 'prom-0, prom-1 could all be asked; name one with `metrics:` beside the query.' : why;
    expect(found?.reason).toBe(`How many orders/min failing could not be found out: ${reason}`);
    const notice = wordNotice(sampleInput({ incident }));
    expect(JSON.stringify(notice.sections)).toContain('Impact: not available: How many orders/min failing');
    expect(notice.facts.find(([name]) => name === 'How bad')?.[1]).not.toContain('orders');
  });

  it('is not asked where the service does not say how', async () => {
    const incident = await open('psp', [sourceOf('prom', values(1))]);
    expect([asked, incident.evidence.map(({ kind }) => kind)]).toEqual([[], ['logs']]);
  });
});
