import type { Check } from '../../src/fixes/check.ts';
import type { FixPlan } from '../../src/fixes/fix.ts';
import { readPlan } from '../../src/fixes/stored-plan.ts';
import { failure, success } from '../../src/domain/result.ts';
import { look } from '../../src/jobs/look.ts';
import { stopEverything } from '../servers/cleanup.ts';
import { startHttpSink } from '../servers/http-sink.ts';
import { portOfOurOwn } from '../servers/port-of-our-own.ts';
import { compiledOf, planOf } from '../unit/fixes/example-fix.ts';

afterAll(stopEverything);
const never = new AbortController().signal;

function planWith(check: Check): FixPlan {
  return { ...planOf(), verify: { ...check, forMs: 0, timeoutMs: 60_000 } };
}

const httpCheck = (url: string, change: Partial<Extract<Check, { kind: 'http' }>> = {}): Check => ({
  ...{ kind: 'http', url, status: [200], contains: null },
  ...change,
});
const see = (check: Check, verify?: Record<string, unknown>) =>
  look({ metricsSources: [], fixes: [compiledOf(verify === undefined ? {} : { verify })] }, planWith(check), {}, never);

describe('a probe over HTTP', () => {
  it.each([
    [200, [200], null, 'healthy'],
    [204, [200, 204], null, 'healthy'],
    [503, [200], null, 'unhealthy'],
    [404, [200], null, 'unhealthy'],
    [302, [200], null, 'unhealthy'],
    [200, [200], 'all is well', 'healthy'],
    [200, [200], 'something else', 'unhealthy'],
    [500, [200], 'all is well', 'unhealthy'],
  ] as const)(
    'that is answered with %i where %j and %j are wanted finds it %s',
    async (status, wanted, contains, state) => {
      const sink = await startHttpSink();
      sink.answerNext({ status, body: 'here all is well', headers: { location: `${sink.url}/other` } });
      const found = await see(httpCheck(`${sink.url}/health`, { status: wanted, contains }));
      expect(found).toMatchObject({ verification: { state }, final: false });
      expect(sink.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /health']);
    },
  );

  it('takes silence for no health', async () => {
    const found = await see(httpCheck(`http://127.0.0.1:${await portOfOurOwn()}/`));
    expect(found).toMatchObject({ verification: { state: 'unhealthy' }, final: false });
    const sink = await startHttpSink();
    sink.answerNext('reset');
    expect((await see(httpCheck(sink.url))).verification.state).toBe('unhealthy');
  });

  it('never dials a metadata address, and does not come again for one', async () => {
    expect(await see(httpCheck('http://169.254.169.254/'))).toMatchObject({
      verification: { state: 'unavailable' },
      final: true,
    });
  });

  it('sends the headers of the configuration, which stand neither in the plan nor in what it says', async () => {
    const sink = await startHttpSink();
    const headers = { Authorization: 'Bearer tok-1234' };
    const found = await see(httpCheck(`${sink.url}/?token=abcd`), { kind: 'http', url: sink.url, headers });
    expect(sink.requests[0]?.headers.authorization).toBe('Bearer tok-1234');
    expect(found.verification.detail).toBe(`${sink.url}/?token=[hidden] answers 200`);
  });
});

describe('a probe over TCP', () => {
  it('finds it healthy where a connection is taken, and unhealthy where not', async () => {
    const sink = await startHttpSink();
    const port = Number(new URL(sink.url).port);
    expect(await see({ kind: 'tcp', host: '127.0.0.1', port })).toEqual({
      verification: { state: 'healthy', detail: `127.0.0.1:${port} takes connections` },
      final: false,
    });
    const closed = await see({ kind: 'tcp', host: '127.0.0.1', port: await portOfOurOwn() });
    expect(closed).toMatchObject({ verification: { state: 'unhealthy' }, final: false });
    expect(sink.requests).toEqual([]);
  });

  it('never dials a metadata address', async () => {
    expect(await see({ kind: 'tcp', host: '169.254.169.254', port: 80 })).toMatchObject({ final: true });
  });
});

it('a plan from before probes had kinds is verified by its query', async () => {
  const plan = planOf();
  const { kind: _kind, ...older } = { ...plan.verify };
  const stored = readPlan(JSON.stringify({ ...plan, verify: older }));
  expect(stored).toEqual(plan);
  expect(readPlan(JSON.stringify(plan))).toEqual(plan);
  const source = (answer: ReturnType<typeof success<[]>> | ReturnType<typeof failure>) => ({
    name: 'prom',
    kind: 'prometheus',
    serves: () => true,
    query: () => Promise.resolve(answer),
  });
  const ask = (answer: Parameters<typeof source>[0]) =>
    look({ metricsSources: [source(answer)], fixes: [] }, stored, {}, never);
  expect(await ask(success([]))).toMatchObject({ verification: { state: 'unhealthy' }, final: false });
  expect(await ask(failure('rejected', 'no'))).toMatchObject({ verification: { state: 'unavailable' }, final: true });
});
