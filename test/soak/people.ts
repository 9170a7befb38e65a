import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { stopLater } from '../servers/cleanup.ts';

/** What a receiver of Standard Webhooks remembers of a message: how often it came, and what it was. */
export interface Notice {
  /** Those that it names: one, or of a message for many as many as fit into it. */
  readonly incidents: readonly string[];
  /** How many it is about. */
  readonly many: number;
  /** `page`, `escalation` … */
  readonly purpose: string;
  times: number;
  /** The life of the bridge in which it came last. */
  life: number;
}

export interface PeopleServer {
  readonly url: string;
  /** By `webhook-id`, which stays the same over retries. */
  readonly notices: ReadonlyMap<string, Notice>;
  forget(): void;
  /** The bridge is about to start: what comes again now comes again after a kill. */
  newLife(): void;
  /** Notices that came again within one life of the bridge: no kill explains these. */
  unexplained(): number;
  stop(): Promise<void>;
}

interface Body {
  readonly type: string;
  readonly data: { readonly incident: One | Digest };
}
interface One {
  readonly id: string;
}
/** What a storm puts together. */
interface Digest {
  readonly digest: true;
  readonly count: number;
  readonly incidents: readonly One[];
}

function namedIn(said: One | Digest): Pick<Notice, 'incidents' | 'many'> {
  if (!('digest' in said)) return { incidents: [said.id], many: 1 };
  return { incidents: said.incidents.map(({ id }) => id), many: said.count };
}

/** The people's receiver: takes everything and counts it; holds no bodies, so that it can run for hours. */
export async function startPeople(): Promise<PeopleServer> {
  const notices = new Map<string, Notice>();
  let life = 0;
  let unexplained = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => {
      const { type, data } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Body;
      const id = String(request.headers['webhook-id']);
      const known = notices.get(id);
      if (known === undefined)
        notices.set(id, { ...namedIn(data.incident), purpose: type.replace(/^incident\./, ''), times: 1, life });
      else {
        if (known.life === life) unexplained += 1;
        known.times += 1;
        known.life = life;
      }
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const stop = async (): Promise<void> => {
    release();
    server.closeAllConnections();
    await new Promise<void>((resolve) => void server.close(() => resolve()));
  };
  const release = stopLater(stop);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    notices,
    forget() {
      notices.clear();
      unexplained = 0;
    },
    newLife: () => void (life += 1),
    unexplained: () => unexplained,
    stop,
  };
}
