import type { Probe } from './little-service.ts';

/** The part of PromQL that the demo's known fixes ask. */
const UP = /^up\{instance="([^"\\]+)"\} == ([01])$/;

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Answers as Prometheus' HTTP API does (https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries),
 * but only `up{instance="…"} == 0|1` about the demo's own services, which are looked at for each answer.
 * @param now epoch milliseconds
 */
export async function answerQuery(query: string, probe: Probe, now: number): Promise<Answer> {
  const [, instance, wanted] = UP.exec(query) ?? [];
  if (instance === undefined) {
    const error = 'the demo answers only up{instance="…"} == 0 or == 1';
    return { status: 400, body: { status: 'error', errorType: 'bad_data', error } };
  }
  const health = await probe(instance);
  const value = health?.up === true ? '1' : '0';
  const fits = health !== null && value === wanted;
  const sample = { metric: { __name__: 'up', instance }, value: [now / 1000, value] };
  return { status: 200, body: { status: 'success', data: { resultType: 'vector', result: fits ? [sample] : [] } } };
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
