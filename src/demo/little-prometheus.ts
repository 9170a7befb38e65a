import type { Probe } from './little-service.ts';

/** The part of PromQL that the demo's known fixes ask. */
const UP = /^up\{instance="([^"\\]+)"\} == ([01])$/;

/** How many targets there are of a job, for how many an alert fires, and what they run: what evidence asks. */
const COUNTED = /^count by \([\w, ]+\) \(count by \([\w, ]+\) \((up|ALERTS)\{[^{}]*\bjob="(\w+)"[^{}]*\}\)\)$/;
const BUILDS = /^count by \([\w, ]+\) \(\{__name__=~"\.\+_build_info\|target_info",job="(\w+)"\}\)$/;

/** What the instances of each service run, the first one first: new versions come to it before the others. Part of the recording. */
const FLEET: Readonly<Record<string, readonly string[]>> = {
  checkout: ['2.4.1', '2.4.0', '2.4.0', '2.4.0'],
  orders: ['2.9.0', '2.9.0', '2.9.0'],
  payments: ['5.1.4', '5.1.4', '5.1.4', '5.1.4'],
  search: ['8.3', '8.2', '8.2'],
};

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Answers as Prometheus' HTTP API does (https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries),
 * but only `up{instance="…"} == 0|1` about the demo's own services, which are looked at for each answer, and how many
 * of a service there are and what they run.
 * @param now epoch milliseconds
 */
export async function answerQuery(query: string, probe: Probe, now: number): Promise<Answer> {
  const [, instance, wanted] = UP.exec(query) ?? [];
  if (instance === undefined) return answerFleet(query, now);
  const health = await probe(instance);
  const value = health?.up === true ? '1' : '0';
  const fits = health !== null && value === wanted;
  const sample = { metric: { __name__: 'up', instance }, value: [now / 1000, value] };
  return vector(fits ? [sample] : []);
}

function answerFleet(query: string, now: number): Answer {
  const [, counted, counts] = COUNTED.exec(query) ?? [];
  const [, builds] = BUILDS.exec(query) ?? [];
  const job = counts ?? builds;
  if (job === undefined) {
    const error = 'the demo answers only up{instance="…"} == 0 or == 1, and what Tierbell asks about its services';
    return { status: 400, body: { status: 'error', errorType: 'bad_data', error } };
  }
  const versions = FLEET[job] ?? [];
  const one = (metric: object, value: number): object => ({ metric, value: [now / 1000, String(value)] });
  if (versions.length === 0) return vector([]);
  if (counts !== undefined) return vector([one({}, counted === 'up' ? versions.length : 1)]);
  const build = { __name__: `${job}_build_info` };
  return vector(
    versions.map((version, index) => one({ ...build, version, instance: `${job}-${index + 1}.shop.example:8080` }, 1)),
  );
}

function vector(result: readonly object[]): Answer {
  return { status: 200, body: { status: 'success', data: { resultType: 'vector', result } } };
}

/** What the demo's alerts measure, before the trouble and since: part of the recording, as its logs are. */
const RECORDED: Readonly<Record<string, readonly [before: number, since: number]>> = {
  'deploy_rollout_state{service="checkout",state="failed"}': [0, 1],
  'increase(service_starts_total{job="search"}[10m])': [0, 7],
  'rate(storage_errors_total{job="orders",code="503"}[1m])': [0.01, 2.4],
  shop_basket_articles: [3.1, 1.2],
};
/** How long before now the recorded trouble began. */
const BEGAN_MS = 120_000;

/** Answers a range query about what the demo's alerts measure. @param form as it was posted */
export function answerRange(form: URLSearchParams, now: number): Answer {
  const [start, end, step] = ['start', 'end', 'step'].map((name) => Number(form.get(name)));
  const recorded = RECORDED[form.get('query') ?? ''];
  const values: [number, string][] = [];
  if (recorded !== undefined && start !== undefined && end !== undefined && step !== undefined && step >= 1)
    for (let at = start; at <= end && values.length < 1_000; at += step)
      values.push([at, String(recorded[at * 1000 < now - BEGAN_MS ? 0 : 1])]);
  const result = values.length === 0 ? [] : [{ metric: {}, values }];
  return { status: 200, body: { status: 'success', data: { resultType: 'matrix', result } } };
}
