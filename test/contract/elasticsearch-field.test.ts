import type { Evidence } from '../../src/domain/incident.ts';
import { collectLogs } from '../../src/evidence/collect.ts';
import { createRedactor } from '../../src/evidence/redact.ts';
import { startFaultProxy, type FaultProxy } from '../helpers/fault-proxy.ts';
import { STORIES } from '../helpers/field-stories.ts';
import { ecs, evidenceFrom, FIRED, storeOf } from '../helpers/log-house.ts';
import { describeWith } from '../helpers/requires.ts';
import { stopEverything } from '../servers/cleanup.ts';
import type { ElasticsearchMajor } from '../servers/elasticsearch-build.ts';
import { startElasticsearch, type Elasticsearch } from '../servers/elasticsearch.ts';

afterAll(stopEverything, 300_000);

const SAID: Readonly<Record<ElasticsearchMajor, string>> = {
  7: 'application/json',
  8: 'application/vnd.elasticsearch+json; compatible-with=8',
  9: 'application/vnd.elasticsearch+json; compatible-with=9',
};
const NEEDS = { 7: 'elasticsearch7', 8: 'elasticsearch', 9: 'elasticsearch9' } as const;

for (const major of [7, 8, 9] as const)
  describeWith(NEEDS[major], `Elasticsearch ${major} as it is found in the field`, () => {
    let server: Elasticsearch;
    let proxy: FaultProxy;
    beforeAll(async () => {
      server = await startElasticsearch({ major });
      proxy = await startFaultProxy(server.url);
    }, 300_000);

    const told = STORIES.filter(({ majors }) => majors?.includes(major) ?? true);
    it.each(told.map((story) => [story.name, story] as const))('reads %s', async (_name, story) => {
      await story.fill(server);
      const evidence = await evidenceFrom({ nodes: [proxy.url], index: story.index, ...story.config }, story.labels);
      expect([evidence.reason, evidence]).toMatchObject([expect.any(String), story.found]);
      if (story.says !== undefined) expect(evidence.reason).toMatch(story.says);
    });

    it('chooses by itself how to speak to it, and says which version and profile it found', async () => {
      await server.index('spoken', [ecs(-3, 'error', 'no such host')]);
      const before = proxy.requests.length;
      const store = storeOf({ nodes: [proxy.url], index: 'spoken' });
      expect(await store.check(new AbortController().signal)).toMatchObject({
        detail: expect.stringMatching(new RegExp(`^Elasticsearch ${server.version}, profile ecs`)) as string,
      });
      await store.close();
      await evidenceFrom({ nodes: [proxy.url], index: 'spoken' });
      const searches = proxy.requests.slice(before).filter(({ path }) => path.includes('/_search'));
      expect(new Set(searches.map(({ headers }) => headers['content-type']))).toEqual(new Set([SAID[major]]));
      expect(server.version.startsWith(`${major}.`)).toBe(true);
    });

    it('reads in pages where there is more than one page holds', async () => {
      const lines = Array.from({ length: 6_000 }, (_, n) => ecs(-9 + n / 1_000, 'info', `order ${n} placed`));
      await server.index('paged', [...lines, ecs(-1, 'error', 'no such host')]);
      const evidence = await evidenceFrom({ nodes: [proxy.url], index: 'paged' });
      expect(evidence).toMatchObject({ state: 'complete', counts: { info: 6_000, error: 1 } });
      expect(evidence.lines[0]).toMatchObject({ text: 'no such host' });
    });

    it('finds with its second look what came late, and what a clock that is ahead dated into the future', async () => {
      const look = async (seconds: number, more: { look?: 'second' } = {}): Promise<Evidence> => {
        const store = storeOf({ nodes: [server.url], index: 'late' });
        const facts = {
          id: 'e',
          labels: { service: 'checkout' },
          startsAt: FIRED,
          now: FIRED + seconds * 1_000,
          ...more,
        };
        const redact = createRedactor(Buffer.from('k'));
        const { evidence } = await collectLogs(facts, [store], redact, new AbortController().signal);
        await store.close(); // a minute later nothing is left of what it had answered
        return evidence;
      };
      await server.index('late', [ecs(-3, 'info', 'order placed'), ecs(0.5, 'warn', 'clock is ahead')]);
      expect((await look(5)).lines.map(({ text }) => text)).toEqual(['order placed']);
      await server.index('late', [ecs(-2, 'error', 'shipped late')]);
      const second = await look(65, { look: 'second' });
      expect(second).toMatchObject({
        look: 'second',
        reason: expect.stringMatching(/^A second look, for what came late: /) as string,
      });
      expect(second.lines.map(({ text }) => text).toSorted()).toEqual([
        'clock is ahead',
        'order placed',
        'shipped late',
      ]);
    });
  });
