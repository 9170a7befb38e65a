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
