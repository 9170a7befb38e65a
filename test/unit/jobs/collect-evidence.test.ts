import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Job } from '../../../src/domain/job.ts';
import { failure, type Failure } from '../../../src/domain/result.ts';
import { createCollector } from '../../../src/evidence/collector.ts';
import type { LogAnswer, LogQuery, LogStore } from '../../../src/evidence/log-store.ts';
import { scopeLabels } from '../../../src/evidence/scope.ts';
import { collectEvidence, type EvidenceParts } from '../../../src/jobs/collect-evidence.ts';
import { packHandover } from '../../../src/jobs/pack-handover.ts';
import { openBlobs, type Blobs } from '../../../src/store/blobs.ts';
import { pipelineMetrics } from '../../../src/telemetry/metrics.ts';
import { MINUTE, rulesOf, SECOND } from '../../helpers/fake-rules.ts';
import { ADA, alertOf, groupOf } from '../../helpers/incident-world.ts';
import { openTestStore, type TestStore } from '../../helpers/open-test-store.ts';

const RULES = rulesOf();
type EvidenceJob = Extract<Job, { kind: 'evidence' }>;

describe('collecting evidence', () => {
  let house: TestStore;
  let blobs: Blobs;
  let texts: readonly string[] | Failure;
  let asked: LogQuery[];
  beforeEach(async () => {
    house = await openTestStore(RULES);
    blobs = openBlobs(house.folder);
    texts = ['lost psp-1'];
    asked = [];
    await house.deliver(groupOf([alertOf('a')]));
  });
  afterEach(() => house.close());

  const logs: LogStore = {
    ...{ name: 'elk', kind: 'fake', serves: () => true, scopeLabels: scopeLabels() },
    budget: { timeMs: 5_000, documents: 100, bytes: 1e6, lines: 20 },
    fetch: async (query) => {
      asked.push(query);
      return 'ok' in texts ? texts : answerOf(query, texts);
    },
    check: async () => ({ ok: true, detail: '' }),
    close: async () => undefined,
  };

  function answerOf({ windows }: LogQuery, lines: readonly string[]): LogAnswer {
    const records = lines.map((text) => ({ at: house.time.now, level: 'error', service: 'a', host: '', text }));
    const [incident, ...before] = windows;
    return {
      ...{ ok: true, scope: null, partial: [], query: {}, url: '' },
      windows: [
        { ...(incident as LogQuery['windows'][number]), records: records.length, sampled: false, lines: records },
        ...before.map((window) => ({ ...window, records: 0, sampled: false, lines: [] })),
      ],
    };
  }

  const metrics = pipelineMetrics({ sources: [], channels: [], stores: ['elk'], fixes: [], teams: [] });
  async function claim(): Promise<EvidenceJob[]> {
    return (await house.store.claim(['evidence'], 9, MINUTE)) as EvidenceJob[];
  }
  async function look(store = house.store): Promise<number> {
    const parts: EvidenceParts = {
      ...{
        store,
        read: house.read,
        blobs,
        logs: createCollector([logs], (text) => text),
        redact: (text) => text,
        metrics,
      },
      ...{ holds: () => false, metricsSources: [], sources: new Map(), providers: [], log: () => undefined },
    };
    const jobs = await claim();
    for (const job of jobs) await collectEvidence(parts, job, new AbortController().signal);
    return jobs.length;
  }
  const reasons = async (): Promise<string[]> =>
    (await house.incident()).evidence.map(({ reason }) => reason.slice(0, 13));
  const files = (): number =>
    readdirSync(join(house.folder, 'blobs'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      /[0-9a-f]{64}$/.test(name),
    ).length;

  it('looks a second time a minute later, over what came since, and adds what is new', async () => {
    expect(await look()).toBe(1);
    expect(await look()).toBe(0);
    house.pass(MINUTE);
    texts = ['lost psp-1', 'disk is full'];
    expect(await look()).toBe(1);
    expect(await reasons()).toEqual([expect.stringMatching(/^1 line, \d\d/), 'A second look']);
    expect(asked[1]?.windows[0]?.to).toBe((asked[0]?.windows[0]?.to ?? 0) + MINUTE);
    house.pass(10 * MINUTE);
    expect(await look()).toBe(0);
  });

  it('leaves neither an entry nor a file where the second look found nothing new', async () => {
    await look();
    const stored = files();
    house.pass(MINUTE);
    texts = ['lost psp-2'];
    await look();
    texts = failure('refused', 'away');
    expect([(await house.incident()).evidence.length, files()]).toEqual([1, stored]);
  });

  it('killed in the middle of the second look: it is made after the restart', async () => {
    await look();
    house.pass(MINUTE);
    texts = ['disk is full'];
    const broken = { ...house.store, transact: () => Promise.reject(new Error('kill -9')) } as typeof house.store;
    await expect(look(broken)).rejects.toThrow('kill -9');
    await house.reopen();
    expect(await look()).toBe(1);
    expect((await house.incident()).evidence.map(({ look: which }) => which)).toEqual([undefined, 'second']);
  });

  it('looks afresh before a handover, up to now, and the bundle waits for it', async () => {
    await look();
    house.pass(MINUTE);
    await look();
    house.pass(14 * MINUTE);
    const { uid } = await house.incident();
    await house.store.transact(async (unit) => {
      await unit.incident(uid);
      unit.run(uid, { type: 'escalate', by: ADA, level: '3', reason: 'beyond us' });
    });
    const pack = async (): Promise<void> => {
      const [job] = await house.store.claim(['handover'], 1, MINUTE);
      await packHandover(
        {
          ...{ store: house.store, read: house.read, blobs, linksOf: () => [], rules: () => RULES, log: () => {} },
          holds: () => false,
        },
        job as Extract<Job, { kind: 'handover' }>,
      );
    };
    await pack();
    expect((await house.incident()).bundles).toBe(0);
    texts = ['disk is full'];
    await look();
    house.pass(SECOND);
    await pack();
    expect((await house.incident()).bundles).toBe(1);
    expect((await house.incident()).evidence.at(-1)).toMatchObject({
      look: 'handover',
      lines: [{ text: 'disk is full' }],
    });
    expect(asked.at(-1)?.windows[0]?.to).toBe(house.time.now - SECOND);
  });

  it('a second look that is still to come holds up no handover', async () => {
    await look();
    house.pass(10 * SECOND);
    const { uid } = await house.incident();
    await house.store.transact(async (unit) => {
      await unit.incident(uid);
      unit.run(uid, { type: 'escalate', by: ADA, level: '3', reason: 'beyond us' });
    });
    const [job] = await house.store.claim(['handover'], 1, MINUTE);
    await packHandover(
      {
        ...{ store: house.store, read: house.read, blobs, linksOf: () => [], rules: () => RULES, log: () => {} },
        holds: () => false,
      },
      job as Extract<Job, { kind: 'handover' }>,
    );
    expect((await house.incident()).bundles).toBe(1);
  });
});
