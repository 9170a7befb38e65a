import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** An RFC 9457 problem. `type` stays `about:blank`: the status and the words say it all. */
export interface Problem {
  readonly status: number;
  /** The same for every problem of its kind. */
  readonly title: string;
  /** What went wrong here and what to do about it. Never a secret, never text of the sender. */
  readonly detail: string;
  /** The path of the wrong field, such as `alerts[3].labels`. */
  readonly field?: string;
  readonly headers?: OutgoingHttpHeaders;
}

/** The one writer of error answers: `application/problem+json`. Does nothing where an answer has already begun. */
export function sendProblem(
  res: ServerResponse,
  problem: Problem,
  extra: Readonly<Record<string, unknown>> = {},
): void {
  if (res.headersSent) return;
  const { status, title, detail, field } = problem;
  const body = JSON.stringify({
    type: 'about:blank',
    title,
    status,
    detail,
    ...(field === undefined || field === '' ? {} : { field }),
    ...extra,
  });
  res.writeHead(status, {
    'Content-Type': 'application/problem+json',
    'Content-Length': Buffer.byteLength(body),
    ...problem.headers,
  });
  res.end(body);
}
