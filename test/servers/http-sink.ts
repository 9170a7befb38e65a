import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitFor } from '../helpers/wait-for.ts';
import { stopLater } from './cleanup.ts';

export interface ReceivedRequest {
  readonly method: string;
  /** With the query string. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  /** The body read as JSON. @throws where it is none. */
  json(): unknown;
  /** What the sink answered: a status, or that it never did. */
  readonly answered: number | 'hang' | 'reset';
}

/** `hang` never answers, `reset` cuts the connection. */
export type SinkAnswer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | 'hang'
  | 'reset';

export interface HttpSink {
  readonly url: string;
  /** All there were, the ones that were refused too. */
  readonly requests: readonly ReceivedRequest[];
  /** The next requests are answered so, one each; after them 200 again. */
  answerNext(...answers: readonly SinkAnswer[]): void;
  /** The first request, past or to come, that fits. */
  waitForRequest(
    fits: (request: ReceivedRequest) => boolean,
    options?: { readonly timeoutMs?: number },
  ): Promise<ReceivedRequest>;
  stop(): Promise<void>;
}

/** A web server on a free port that keeps all it is sent and answers 200 `{}`, or as it was told. */
export async function startHttpSink(): Promise<HttpSink> {
  const requests: ReceivedRequest[] = [];
  const answers: SinkAnswer[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const answer = answers.shift() ?? { status: 200, body: '{}' };
      requests.push(received(request, body, answer));
      give(answer, request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = async (): Promise<void> => {
    forget();
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  const forget = stopLater(stop);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answerNext: (...more) => void answers.push(...more),
    waitForRequest: (fits, options) =>
      waitFor(`a request (${requests.length} came so far)`, () => requests.find(fits), options),
    stop,
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function received(request: IncomingMessage, body: Buffer, answer: SinkAnswer): ReceivedRequest {
  const text = body.toString('utf8');
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: request.headers,
    body,
    text,
    json: () => JSON.parse(text) as unknown,
    answered: typeof answer === 'string' ? answer : answer.status,
  };
}

function give(answer: SinkAnswer, request: IncomingMessage, response: ServerResponse): void {
  if (answer === 'hang') return;
  if (answer === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
  response.end(answer.body ?? '');
}
