import { setImmediate as turn } from 'node:timers/promises';
import { failure, type Failure } from '../../../src/domain/result.ts';
import type { LogAnswer, LogQuery, LogStore, ScopeStep } from '../../../src/evidence/log-store.ts';
import { scopeLabels } from '../../../src/evidence/scope.ts';
import { logWindows } from '../../../src/evidence/windows.ts';
import { shelter } from '../../../src/evidence/shelter/shelter.ts';

const AT = Date.parse('2026-01-05T03:00:00Z');
const MINUTE = 60_000;
const budget = { timeMs: 5_000, documents: 100, bytes: 1e6 };
const service: ScopeStep = { name: 'service', value: 'checkout' };
const host = (value: string): ScopeStep => ({ name: 'host', value });

const queryOf = (more: Partial<LogQuery> = {}, shiftMs = 0): LogQuery => ({
  scope: [service],
  windows: [{ name: 'incident', from: AT - 10 * MINUTE + shiftMs, to: AT + shiftMs }],
  budget,
  maxAgeMs: MINUTE,
  ...more,
});
const answerTo = (query: LogQuery, scope: ScopeStep | null = service, records = 1): LogAnswer => ({
  ...{ ok: true, scope, partial: [], query: {}, url: '' },
  windows: query.windows.map((window) => ({ ...window, records, sampled: false, lines: [] })),
});

describe('the shelter between the bridge and a log store', () => {
  let now: number;
  let asked: { query: LogQuery; signal: AbortSignal; answer: (answer: LogAnswer | Failure) => void }[];
  let store: LogStore;
  let there: boolean;
  beforeEach(() => {
    now = 0;
    there = true;
    asked = [];
    store = shelter(
      {
        ...{ name: 'elk', kind: 'fake', serves: () => true, scopeLabels: scopeLabels() },
        budget: { ...budget, lines: 20 },
        fetch: (query, signal) => new Promise((answer) => void asked.push({ query, signal, answer })),
        check: async () => ({ ok: true, detail: '' }),
        answersAtAll: async () => there,
        close: async () => undefined,
      },
      () => now,
    );
  });
  const never = new AbortController().signal;
  const fetch = (query: LogQuery, signal = never): Promise<LogAnswer | Failure> => store.fetch(query, signal);
  /** The next question that reaches the store. */
  async function reply(answer?: LogAnswer | Failure): Promise<void> {
    while (asked.length === 0) await turn();
    const next = asked.shift();
    next?.answer(answer ?? answerTo(next.query));
    await turn();
  }

  it('puts the question of fifty alerts of a minute once', async () => {
    const first = fetch(queryOf());
    const others = Array.from({ length: 24 }, (_, index) => fetch(queryOf({}, index * 1_000)));
    await reply();
    const answer = await first;
    for (const other of others) expect(await other).toBe(answer);
    for (let index = 25; index < 50; index += 1) {
      now = index * 1_000;
      expect(await fetch(queryOf({}, now))).toBe(answer);
    }
    expect(asked).toEqual([]);
  });

  it('does not hide a store that has gone behind what it said before', async () => {
    const first = fetch(queryOf());
    await reply();
    await first;
    now = 5_000;
    there = false;
    const second = fetch(queryOf({}, now));
    await reply(failure('refused', 'it refused the connection'));
    expect(await second).toMatchObject({ ok: false, detail: expect.stringContaining('refused') });
  });

  it('is one question for what fires within a minute, however long the windows before the incident are', async () => {
    const questionAt = (seconds: number): LogQuery => {
      const startsAt = AT + seconds * 1_000;
      return queryOf({ windows: logWindows({ startsAt, now: startsAt + 10_000 }), maxAgeMs: 75_000 });
    };
    const first = fetch(questionAt(0));
    await reply();
    const answer = await first;
    now = 60_000;
    expect(await fetch(questionAt(60))).toBe(answer);
    const later = fetch(questionAt(90));
    await reply();
    expect(await later).not.toBe(answer);
  });

  it('asks anew when the answer is too old for this look, or the windows lie apart', async () => {
    const first = fetch(queryOf());
    await reply();
    const answer = await first;
    now = 30_000;
    for (const query of [queryOf({ maxAgeMs: 30_000 }), queryOf({ maxAgeMs: 0 }), queryOf({}, 2 * MINUTE)]) {
      const other = fetch(query);
      await reply();
      expect(await other).not.toBe(answer);
    }
    now = 91_000;
    const late = fetch(queryOf());
    await reply();
    expect(await late).not.toBe(answer);
  });

  it('shares an answer only where the steps that led to it are the same', async () => {
    const first = fetch(queryOf({ scope: [service, host('a')] }));
    await reply();
    expect(await fetch(queryOf({ scope: [service, host('b')] }))).toBe(await first);
    const pod = fetch(queryOf({ scope: [{ name: 'pod', value: 'p' }, service] }));
    await reply();
    expect(await pod).not.toBe(await first);
    const wide = fetch(queryOf({ scope: [{ name: 'service', value: 'x' }, host('a')] }));
    const other = fetch(queryOf({ scope: [{ name: 'service', value: 'x' }, host('b')] }));
    await reply(answerTo(queryOf(), host('a')));
    await reply(answerTo(queryOf(), host('b')));
    expect([await wide, await other]).toMatchObject([{ scope: host('a') }, { scope: host('b') }]);
  });

  it('does not share that a service is silent with an alert that knows more steps', async () => {
    const first = fetch(queryOf());
    await reply(answerTo(queryOf(), service, 0));
    await first;
    const other = fetch(queryOf({ scope: [service, host('a')] }));
    await reply();
    expect(await other).not.toBe(await first);
  });

  it('asks for two things at once, the others in turn', async () => {
    const values = ['a', 'b', 'c', 'd'];
    const all = values.map((value) => fetch(queryOf({ scope: [{ name: 'service', value }] })));
    await turn();
    expect(asked).toHaveLength(2);
    for (const _ of values) {
      expect(asked.length).toBeLessThanOrEqual(2);
      await reply();
    }
    expect(await Promise.all(all)).toHaveLength(4);
  });

  it('leaves a store alone for 30 s after three failures, then lets one question through', async () => {
    const down = failure('refused', 'Elasticsearch "elk" refused the connection: see whether it runs.');
    const ask = (value: string) => fetch(queryOf({ scope: [{ name: 'service', value }] }));
    for (const value of ['a', 'b', 'c']) {
      const answer = ask(value);
      await reply(down);
      expect(await answer).toBe(down);
    }
    expect(await ask('d')).toMatchObject({
      reason: 'refused',
      detail:
        'Elasticsearch "elk" refused the connection: see whether it runs (not asked again for 30 s after 3 failures).',
    });
    expect(asked).toEqual([]);
    now = 30_001;
    const trial = ask('e');
    const beside = ask('f');
    expect(await beside).toMatchObject({ ok: false });
    await reply(down);
    await trial;
    expect(await ask('g')).toMatchObject({ ok: false });
    now = 60_002;
    const again = ask('h');
    await reply();
    expect(await again).toMatchObject({ ok: true });
    const next = ask('i');
    await reply();
    expect(await next).toMatchObject({ ok: true });
  });

  it('does not leave a store alone because an index is missing or a key is wrong', async () => {
    for (let count = 0; count < 5; count += 1) {
      const answer = fetch(queryOf({ maxAgeMs: 0 }));
      await reply(failure('not_found', 'no such index'));
      expect(await answer).toMatchObject({ detail: 'no such index' });
    }
  });

  it('tells all who wait that the store cannot be reached, and keeps no failure', async () => {
    const all = [fetch(queryOf()), fetch(queryOf({ scope: [service, host('a')] }))];
    await reply(failure('timed_out', 'no answer'));
    expect(await Promise.all(all)).toMatchObject([{ detail: 'no answer' }, { detail: 'no answer' }]);
    const next = fetch(queryOf());
    await reply();
    expect(await next).toMatchObject({ ok: true });
  });

  it('calls a search off when the last of those who wait has gone, not before', async () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const both = [fetch(queryOf(), one.signal), fetch(queryOf(), two.signal)];
    await turn();
    one.abort();
    expect(await both[0]).toMatchObject({ ok: false, reason: 'timed_out' });
    expect(asked[0]?.signal.aborted).toBe(false);
    two.abort();
    expect(await both[1]).toMatchObject({ ok: false, reason: 'timed_out' });
    expect(asked[0]?.signal.aborted).toBe(true);
    const next = fetch(queryOf());
    await reply(failure('timed_out', 'called off'));
    await reply();
    expect(await next).toMatchObject({ ok: true });
  });

  it('gives a mistake of ours to everybody who waits, and goes on', async () => {
    const broken = shelter({
      ...store,
      fetch: async () => {
        throw new TypeError('x is undefined');
      },
    });
    const both = await Promise.allSettled([broken.fetch(queryOf(), never), broken.fetch(queryOf(), never)]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
