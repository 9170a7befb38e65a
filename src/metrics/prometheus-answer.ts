import { z } from 'zod';
import { labelSet } from '../domain/alert.ts';
import { failure, success, type FailureReason, type Outcome } from '../domain/result.ts';
import { cleanLine } from '../domain/text.ts';
import type { RangeAnswer, Sample } from './metrics-source.ts';

/** A point in time and a number in text. https://prometheus.io/docs/prometheus/latest/querying/api/#expression-query-result-formats */
const point = z.tuple([z.number(), z.string().regex(/^(?:[+-]?Inf|NaN|[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)$/)]);

const answer = z.object({
  status: z.literal('success'),
  warnings: z.array(z.string()).optional(),
  data: z.discriminatedUnion('resultType', [
    z.object({
      resultType: z.literal('vector'),
      result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: point })),
    }),
    z.object({ resultType: z.literal('scalar'), result: point }),
  ]),
});

const complaint = z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() });

const matrix = z.object({
  status: z.literal('success'),
  warnings: z.array(z.string()).optional(),
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), values: z.array(point) })),
  }),
});

/** An answer as it came over HTTP. */
export interface Response {
  readonly status: number;
  readonly body: string;
  /** The header, if there was one. */
  readonly retryAfter: unknown;
}

/** The answer to an instant query; every failure is a sentence about the server, such as `answered 422: …`. */
export function readInstant(response: Response): Outcome<readonly Sample[]> {
  return readResponse(response, readAnswer);
}

/** The answer to a range query, also where the server says that it is not whole. */
export function readRange(response: Response): Outcome<RangeAnswer> {
  return readResponse(response, readMatrix);
}

function readResponse<T>({ status, body, retryAfter }: Response, read: (body: string) => Outcome<T>): Outcome<T> {
  if (status >= 200 && status < 300) return read(body);
  if (status >= 300 && status < 400)
    return failure(
      'misconfigured',
      `answers with a redirect (${status}), which is not followed; set url to where it leads`,
    );
  const said = readComplaint(body);
  const detail = `answered ${status}${said === '' ? '' : `: ${said}`}`;
  const wait = Number(retryAfter);
  const more = Number.isFinite(wait) && wait > 0 ? { retryAfterMs: wait * 1000 } : {};
  return failure(reasonOf(status), `${detail}${NEXT_STEP[status] ?? ''}`, more);
}

function reasonOf(status: number): FailureReason {
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 404) return 'not_found';
  if (status === 408) return 'timed_out';
  if (status === 429) return 'rate_limited';
  return status >= 500 ? 'server_error' : 'rejected';
}

const NEXT_STEP: Readonly<Record<number, string>> = {
  400: '; mend the query',
  401: '; set headers.Authorization of this metrics source',
  403: '; set headers.Authorization of this metrics source',
  404: '; check the path in its url',
  422: '; mend the query',
};

/** Reads the body of a 2xx answer. An answer with warnings is not whole (a remote part is missing), so it is none. */
function readAnswer(body: string): Outcome<readonly Sample[]> {
  const read = answer.safeParse(parseJson(body));
  if (!read.success)
    return failure('invalid_answer', `answered something that is no instant vector or scalar${hint(body)}`);
  const { data, warnings = [] } = read.data;
  if (warnings.length > 0)
    return failure('invalid_answer', `answered only in part: ${cleanLine(warnings.join('; '), 8192)}`);
  if (data.resultType === 'scalar') return success([{ labels: labelSet([]), value: numberOf(data.result[1]) }]);
  return success(
    data.result.map(({ metric, value }) => ({ labels: labelSet(Object.entries(metric)), value: numberOf(value[1]) })),
  );
}

function readMatrix(body: string): Outcome<RangeAnswer> {
  const read = matrix.safeParse(parseJson(body));
  if (!read.success) return failure('invalid_answer', `answered something that is no range of values${hint(body)}`);
  const { data, warnings = [] } = read.data;
  const series = data.result.map(({ metric, values }) => ({
    labels: labelSet(Object.entries(metric)),
    points: values
      .map(([seconds, text]) => [Math.round(seconds * 1000), numberOf(text)] as const)
      .filter(([, value]) => Number.isFinite(value)),
  }));
  return success({ series, warnings: warnings.map((text) => cleanLine(text, 400)) });
}

/** What Prometheus says about an error (`bad_data: parse error …`), or '' where the body is not one of its own. */
function readComplaint(body: string): string {
  const read = complaint.safeParse(parseJson(body));
  return read.success ? cleanLine(`${read.data.errorType}: ${read.data.error}`, 8192) : '';
}

function hint(body: string): string {
  const said = readComplaint(body);
  return said === '' ? '; see whether the address is that of a Prometheus' : `: ${said}`;
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

function numberOf(text: string): number {
  if (text.endsWith('Inf')) return text.startsWith('-') ? -Infinity : Infinity;
  return Number(text);
}
