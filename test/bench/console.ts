import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:http';
import { CATEGORIES } from '../../src/domain/category.ts';
import { PRIORITIES } from '../../src/domain/priority.ts';
import { startConsoleApp, type ConsoleApp } from '../helpers/console-app.ts';
import { sampleEvidence, sampleIncident } from '../helpers/sample-incident.ts';

const ROUNDS = 60;
const PAGES = ['/', '/?limit=1000', '/?level=3&status=triggered', '/incidents/INC-7'] as const;

/** How many are open: as a store looks after a year, and as it looks in the worst storm. */
const STORES = [
  { name: '1,000, all open', size: 1_000, open: 1_000 },
  { name: '200,000, 1,000 open', size: 200_000, open: 1_000 },
  { name: '200,000, all open', size: 200_000, open: 200_000 },
] as const;

/** From request to last byte over loopback; the stores take turns, so that a busy machine is equally busy for all. */
export async function benchConsole(): Promise<string> {
  const houses: ConsoleApp[] = [];
  const servers: Server[] = [];
  for (const { size, open } of STORES) {
    const house = await startConsoleApp();
    await fill(house, size, open);
    houses.push(house);
    servers.push(await listen(house));
  }
  const table: string[] = [
    `ms, median of ${ROUNDS}`.padEnd(34) + STORES.map(({ name }) => name.padStart(22)).join('') + '   ratio',
  ];
  for (const page of PAGES) {
    const times: number[][] = STORES.map(() => []);
    for (let round = 0; round < ROUNDS + 10; round++) {
      for (const [index, server] of servers.entries()) {
        const took = await time(server, page);
        if (round >= 10) times[index]?.push(took); // the first few warm up
      }
    }
    const medians = times.map((each) => each.sort((a, b) => a - b)[ROUNDS / 2] ?? Number.NaN);
    const ratio = Math.max(...medians) / (medians[0] ?? Number.NaN);
    table.push(
      page.padEnd(34) + medians.map((ms) => ms.toFixed(1).padStart(22)).join('') + ratio.toFixed(2).padStart(8),
    );
  }
  for (const server of servers) server.close().closeAllConnections();
  for (const house of houses) await house.close();
  return table.join('\n');
}

async function listen({ app }: ConsoleApp): Promise<Server> {
  const server = createServer({ keepAliveTimeout: 0 }, app); // filling a store takes longer than a connection is kept
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return server;
}

async function time(server: Server, page: string): Promise<number> {
  const { port } = server.address() as AddressInfo;
  const begun = performance.now();
  const answer = await fetch(`http://127.0.0.1:${port}${page}`, { headers: { cookie: 'tierbell_name=ada' } });
  await answer.text();
  if (answer.status !== 200) throw new Error(`${page} answered ${answer.status}`);
  return performance.now() - begun;
}

/** Incidents as they are in a store, evidence and all. */
async function fill({ db }: ConsoleApp, size: number, open: number): Promise<void> {
  const evidence = sampleEvidence();
  for (let from = 0; from < size; from += 500) {
    const rows = Array.from({ length: Math.min(500, size - from) }, (_, index) => {
      const number = from + index + 1;
      const status = number <= size - open ? 'closed' : number % 5 === 0 ? 'acknowledged' : 'triggered';
      const category = CATEGORIES[number % CATEGORIES.length] ?? 'other';
      const priority = PRIORITIES[number % 4] ?? 'P2';
      const level = number % 11 === 0 ? '3' : '2';
      const title = `ServiceDown: service number ${number} does not answer`;
      const uid = `uid-${String(number).padStart(9, '0')}`;
      const more = { uid, number, title, priority, level, status, evidence: [evidence, evidence] } as const;
      const incident = sampleIncident(more);
      return {
        ...{ uid, number, title, priority, level, status, category },
        ...{ severity: 'error', team: 'shop', service: `service-${number % 40}`, environment: 'prod', source: 'am' },
        ...{ grouping_key: uid, attach_until: 0, firing: 1, created_at: number, updated_at: number, starts_at: number },
        ...{
          acknowledged_at: null,
          acknowledged_by: status === 'acknowledged' ? 'ada' : null,
          owner: null,
          resolved_at: null,
        },
        ...{ next_kind: 'ack', next_at: Date.UTC(2026, 0, 5, 3, 10), state: JSON.stringify(incident) },
      };
    });
    await db.transaction().execute((tx) => tx.insertInto('incidents').values(rows).execute());
  }
}
