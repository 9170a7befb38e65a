import { readme } from '../../../src/handover/readme.ts';
import { wordNotice } from '../../../src/channels/messages/word-notice.ts';
import { incidentView } from '../../../src/incidents/incident-view.ts';
import { success } from '../../../src/domain/result.ts';
import { lookAround } from '../../../src/jobs/look-around.ts';
import type { MetricsSource } from '../../../src/metrics/metrics-source.ts';
import { rulesOf } from '../../helpers/fake-rules.ts';
import { alertOf, groupOf } from '../../helpers/incident-world.ts';
import { openTestStore } from '../../helpers/open-test-store.ts';
import { sampleInput } from '../../helpers/sample-incident.ts';

it('local or everywhere stands in messages, on the wire and in the bundle, with what joined since', async () => {
  const house = await openTestStore(rulesOf());
  const prom: MetricsSource = {
    ...{
      name: 'prom',
      kind: 'fake',
      serves: () => true,
      queryRange: async () => success({ series: [], warnings: [] }),
    },
    query: async (promql) => success(promql.includes('ALERTS') ? [] : [{ labels: {}, value: 40 }]),
  };
  const labels = { job: 'node' };
  await house.deliver(groupOf([alertOf('a', { labels }), alertOf('b', { labels })]));
  const parts = {
    ...{ store: house.store, read: house.read, redact: (text: string) => text, holds: () => false },
    ...{ metricsSources: [prom], sources: new Map(), providers: [], log: () => undefined },
  };
  const evidence = await lookAround(parts, await house.incident(1), false, new AbortController().signal);
  expect(evidence[0]).toMatchObject({ about: 'spread', reason: '2 of 40 targets of job node: local.' });
  const incident = { ...(await house.incident(1)), evidence };
  const impactOf = (targets: number): unknown => {
    const later = { ...incident, impact: { alerts: targets, targets } };
    return incidentView(later, { alerts: [], links: [], full: true })['impact'];
  };
  expect(impactOf(2)).toEqual({ alerts: 2, targets: 2, spread: '2 of 40 targets of job node: local' });
  expect(impactOf(22)).toMatchObject({ spread: '22 of 40 targets of job node: widespread' });
  const notice = wordNotice(sampleInput({ purpose: 'evidence', incident }));
  expect(notice.facts.find(([name]) => name === 'How bad')?.[1]).toMatch(/; 2 of 40 targets of job node: local$/);
  const page = readme({
    ...{ incident, alerts: [], timeline: [], raw: [], links: [], procedure: [], why: '', meetingUrl: null },
    now: house.time.now,
  });
  expect(page).toContain('2 targets hit; 2 of 40 targets of job node: local');
  expect(page).toContain('**Local or everywhere**: 2 of 40 targets of job node: local.');
  await house.close();
});
