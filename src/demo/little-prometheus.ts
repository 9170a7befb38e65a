import { INSTANCE, type Health } from './little-service.ts';

/** The part of PromQL that the demo's known fix asks. */
const UP = /^up\{instance="([^"\\]+)"\} == ([01])$/;

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Answers as Prometheus' HTTP API does (https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries),
 * but only `up{instance="…"} == 0|1` about the demo's own service, which is looked at for each answer.
 * @param now epoch milliseconds
 */
export async function answerQuery(query: string, probe: () => Promise<Health>, now: number): Promise<Answer> {
  const [, instance, wanted] = UP.exec(query) ?? [];
  if (instance === undefined) {
    const error = 'the demo answers only up{instance="…"} == 0 or == 1';
    return { status: 400, body: { status: 'error', errorType: 'bad_data', error } };
  }
  const value = (await probe()).up ? '1' : '0';
  const fits = instance === INSTANCE && value === wanted;
  const sample = { metric: { __name__: 'up', instance }, value: [now / 1000, value] };
  return { status: 200, body: { status: 'success', data: { resultType: 'vector', result: fits ? [sample] : [] } } };
}
