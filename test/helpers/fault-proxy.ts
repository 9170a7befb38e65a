import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { stopLater } from '../servers/cleanup.ts';

/**
 * What stands between the bridge and a server: passes on, never answers, answers late, answers a byte a second, cuts the
 * answer in half, refuses every second request, gives a status of its own, or changes the answer.
 */
export type Fault =
  | 'none'
  | 'hang'
  | 'trickle'
  | 'cut'
  | 'no json'
  | 'every second 503'
  | { readonly delayMs: number }
  | { readonly status: number; readonly body?: unknown }
  | { readonly change: (body: unknown, path: string) => unknown };

export interface FaultProxy {
  readonly url: string;
  /** Method and path of every request that came, with its headers. */
  readonly requests: readonly { readonly path: string; readonly headers: IncomingMessage['headers'] }[];
  /** From now on; only for paths that match, where a pattern is given. */
  behave(fault: Fault, paths?: RegExp): void;
  stop(): Promise<void>;
}

/** A web server on a free port that passes everything on to `target` until it is told to misbehave. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  let present: { fault: Fault; paths: RegExp } = { fault: 'none', paths: /^/ };
  let served = 0;
  const requests: { path: string; headers: IncomingMessage['headers'] }[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    requests.push({ path, headers: request.headers });
    const fault = present.paths.test(path) ? present.fault : 'none';
    if (fault === 'every second 503') served += 1;
    void serve(
      fault === 'every second 503' ? (served % 2 === 0 ? { status: 503 } : 'none') : fault,
      target,
      request,
      response,
    );
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
    behave: (fault, paths = /^/) => {
      present = { fault, paths };
      served = 0;
    },
    stop,
  };
}

async function serve(fault: Fault, target: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (fault === 'hang') return;
  if (typeof fault === 'object' && 'status' in fault) {
    response.writeHead(fault.status, { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' });
    response.end(JSON.stringify(fault.body ?? { status: fault.status }));
    return;
  }
  if (typeof fault === 'object' && 'delayMs' in fault) await setTimeout(fault.delayMs, null, { ref: false });
  const answer = await pass(target, request).catch(() => null);
  if (answer === null) return void response.destroy();
  const headers = { ...answer.headers };
  delete headers['content-length'];
  delete headers['transfer-encoding'];
  const body = bodyOf(fault, answer.body, request.url ?? '/');
  response.writeHead(answer.status, fault === 'cut' ? { ...headers, 'content-length': body.length } : headers);
  if (fault === 'trickle') return trickle(body, response);
  if (fault === 'cut') return void response.write(body.subarray(0, body.length / 2), () => response.destroy());
  response.end(body);
}

function bodyOf(fault: Fault, body: Buffer, path: string): Buffer {
  if (fault === 'no json') return Buffer.from('{"took":1,<html>');
  if (typeof fault !== 'object' || !('change' in fault)) return body;
  return Buffer.from(JSON.stringify(fault.change(JSON.parse(body.toString('utf8')), path)));
}

/** A byte every second, for as long as somebody listens. */
async function trickle(body: Buffer, response: ServerResponse): Promise<void> {
  for (const byte of body) {
    if (response.destroyed) return;
    response.write(Buffer.of(byte));
    await setTimeout(1_000, null, { ref: false });
  }
  response.end();
}

interface Passed {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

function pass(target: string, request: IncomingMessage): Promise<Passed> {
  return new Promise((resolve, reject) => {
    const headers = { ...request.headers };
    delete headers.host;
    const onward = forward(`${target}${request.url ?? '/'}`, { method: request.method ?? 'GET', headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: Buffer.concat(chunks) }),
      );
      answer.on('error', reject);
    });
    onward.on('error', reject);
    request.pipe(onward);
  });
}
