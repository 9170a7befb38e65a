import { gunzipSync } from 'node:zlib';
import { failure } from '../../../src/domain/result.ts';
import { collectLogs } from '../../../src/evidence/collect.ts';
import type { CollectedLogs } from '../../../src/evidence/collected.ts';
import type { LogAnswer, LogQuery, LogRecord, LogStore } from '../../../src/evidence/log-store.ts';
import { createRedactor } from '../../../src/evidence/redact.ts';
import { shelter } from '../../../src/evidence/shelter/shelter.ts';
import { scopeLabels } from '../../../src/evidence/scope.ts';

const FIRED = Date.parse('2026-01-05T03:00:00Z');
const SECRET = 'hunter2hunter2';
const record = (text: string, level = 'error'): LogRecord => ({
  at: FIRED,
  level,
  service: 'checkout',
  host: 'h1',
  text,
});

const answer = (more: Partial<LogAnswer> = {}, lines: readonly LogRecord[] = [record('no such host')]): LogAnswer => ({
  ok: true,
  scope: { name: 'service', value: 'checkout' },
  windows: [
    { name: 'incident', from: FIRED - 60_000, to: FIRED, records: lines.length, sampled: false, lines },
    { name: 'before', from: FIRED - 120_000, to: FIRED - 60_000, records: 0, sampled: false, lines: [] },
  ],
  partial: [],
  query: { index: 'logs' },
  url: '',
  ...more,
});

const storeOf = (fetch: LogStore['fetch'], more: Partial<LogStore> = {}): LogStore => ({
  name: 'elk',
  kind: 'fake',
  serves: () => true,
  scopeLabels: scopeLabels(),
  budget: { timeMs: 5_000, documents: 100, bytes: 1e6, lines: 20 },
  fetch,
  check: async () => ({ ok: true, detail: '' }),
  close: async () => undefined,
  ...more,
});

const collect = (...stores: LogStore[]): Promise<CollectedLogs> =>
  collectLogs(
    { id: 'e-1', labels: { service: 'checkout' }, startsAt: FIRED, now: FIRED },
    stores,
    createRedactor(Buffer.from('a key for tests')),
    new AbortController().signal,
  );

describe('collecting the logs of an incident', () => {
  it('says when there is no store for these labels', async () => {
    const { evidence, raw, records } = await collect(storeOf(async () => answer(), { serves: () => false }));
    expect(evidence).toMatchObject({ id: 'e-1', state: 'unavailable', store: '', lines: [], at: FIRED });
    expect(evidence.reason).toMatch(/^No log store serves these labels: add one under `logs:`/);
    expect([raw, records]).toEqual([null, []]);
  });

  it('asks the first store that serves the labels, for their scope and the three windows', async () => {
    const asked: LogQuery[] = [];
    const first = storeOf(async (query) => {
      asked.push(query);
      return answer();
    });
    const { evidence } = await collect(
      storeOf(async () => answer(), { serves: () => false }),
      first,
      storeOf(async () => failure('refused', 'never asked')),
    );
    expect(evidence.state).toBe('complete');
    expect(asked[0]?.scope).toEqual([{ name: 'service', value: 'checkout' }]);
    expect(asked[0]?.windows.map(({ name }) => name)).toEqual(['incident', 'before', 'day_before']);
  });

  it('gives the reason of a failure as it is told', async () => {
    const { evidence } = await collect(
      storeOf(async () => failure('refused', 'Elasticsearch "elk" refused the connection.')),
    );
    expect(evidence).toMatchObject({
      state: 'unavailable',
      store: 'elk',
      reason: 'Elasticsearch "elk" refused the connection.',
    });
  });

  it('is partial with the reasons where something is missing', async () => {
    const { evidence } = await collect(storeOf(async () => answer({ partial: ['1 of 2 shards failed.'] })));
    expect(evidence.state).toBe('partial');
    expect(evidence.reason).toMatch(/^1 line of service = checkout, 02:59–03:00 UTC, .* 1 of 2 shards failed\.$/);
  });

  it.each([
    [
      'throws',
      () => {
        throw new TypeError(`x is undefined, password=${SECRET}`);
      },
    ],
    ['rejects', () => Promise.reject(new TypeError(`x is undefined, password=${SECRET}`))],
    ['answers nonsense', async () => ({ ok: true }) as LogAnswer],
  ])('never throws itself: a store that %s is a reason', async (_what, fetch) => {
    const { evidence } = await collect(storeOf(fetch));
    expect(evidence.state).toBe('unavailable');
    expect(evidence.reason).toMatch(/because of a mistake in the bridge itself \(.*undefined/);
    expect(evidence.reason).not.toContain(SECRET);
  });

  it('leaves a store behind that does not keep to its budget of time', async () => {
    let told: AbortSignal | undefined;
    const store = storeOf(
      (_query, signal) => {
        told = signal;
        return new Promise(() => undefined);
      },
      { budget: { timeMs: 50, documents: 1, bytes: 1, lines: 1 } },
    );
    const { evidence } = await collect(shelter(store));
    expect(evidence).toMatchObject({
      state: 'unavailable',
      reason: expect.stringContaining('within its budget of 0.05 s') as unknown,
    });
    expect(told?.aborted).toBe(true);
  });

  it('redacts whatever leaves: lines, raw lines, texts for the rules, scope, query, link and reasons', async () => {
    const secret = `password=${SECRET}`;
    const collected = await collect(
      storeOf(async () =>
        answer(
          {
            scope: { name: 'service', value: secret },
            query: { filter: { value: secret } },
            url: `https://kibana/?q=${secret}`,
            partial: [secret],
          },
          [record(secret), { ...record('x'), service: secret, host: secret }],
        ),
      ),
    );
    const raw = gunzipSync(collected.raw ?? Buffer.alloc(0)).toString('utf8');
    expect([JSON.stringify(collected.evidence), raw, JSON.stringify(collected.records)].join()).not.toContain(SECRET);
    expect(
      raw
        .trim()
        .split('\n')
        .map((row) => (JSON.parse(row) as { window: string }).window),
    ).toEqual(['incident', 'incident']);
  });

  it('an alert whose text looks like half a secret does not cost the logs', async () => {
    const query = { filter: { value: `up{password="${SECRET}` } };
    const { evidence } = await collect(storeOf(async () => answer({ query }, [record('it broke')])));
    expect(evidence).toMatchObject({ state: 'complete', query: { filter: { value: expect.stringMatching(/^up\{/) } } });
    expect(JSON.stringify(evidence)).not.toContain(SECRET);
  });

  it('says that nothing was written, where there was something before', async () => {
    const windows = answer().windows.map((window) => ({
      ...window,
      lines: [],
      records: window.name === 'before' ? 40 : 0,
    }));
    const { evidence, raw } = await collect(storeOf(async () => answer({ windows })));
    expect(evidence.reason).toMatch(
      /^There is not one line of service = checkout in the incident window, though there were 40/,
    );
    expect([evidence.state, evidence.lines, raw]).toEqual(['complete', [], null]);
  });

  it('counts levels as the store counted where only a sample was read', async () => {
    const windows = answer().windows.map((window) => ({
      ...window,
      records: 900,
      sampled: true,
      levels: { error: 7, '': 893 },
    }));
    expect((await collect(storeOf(async () => answer({ windows })))).evidence.counts).toEqual({
      error: 7,
      unknown: 893,
    });
  });

  it('hands the rules each text once, errors first', async () => {
    const lines = [record('started', 'info'), record('gone'), record('gone'), record('slow', 'warn')];
    expect((await collect(storeOf(async () => answer({}, lines)))).records).toEqual(['gone', 'started', 'slow']);
  });
});
