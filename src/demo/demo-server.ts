import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { answerQuery, answerRange } from './little-prometheus.ts';
import type { Probe } from './little-service.ts';
import type { People } from './people.ts';

export interface DemoServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  stop(): Promise<void>;
}

/** What stands around the bridge in the demo: the people's receiver and a little of Prometheus. On loopback, any port. */
export async function startDemoServer(people: People, probe: Probe): Promise<DemoServer> {
  const server = createServer((req, res) => {
    answer(req, res, people, probe).catch((error: unknown) => {
      res.statusCode = 500;
      res.end(String(error));
    });
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    stop() {
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

async function answer(req: IncomingMessage, res: ServerResponse, people: People, probe: Probe): Promise<void> {
  const body = await text(req);
  const path = req.url ?? '/';
  const person = /^\/people\/([a-z0-9]+)$/.exec(path)?.[1];
  if (person !== undefined) res.statusCode = people.receive(person, req.headers, body, Date.now());
  else if (path === '/api/v1/query' || path === '/api/v1/query_range') {
    const form = new URLSearchParams(body);
    const asksRange = path.endsWith('_range');
    const { status, body: json } = asksRange
      ? answerRange(form, Date.now())
      : await answerQuery(form.get('query') ?? '', probe, Date.now());
    res.writeHead(status, { 'content-type': 'application/json' }).write(JSON.stringify(json));
  } else res.statusCode = 404;
  res.end();
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve());
  });
  return (server.address() as AddressInfo).port;
}

/** A port that was free a moment ago. The bridge must know its own address before it listens: it stands in messages. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise<void>((resolve) => void server.close(() => resolve()));
  return port;
}
