import { openPostgresInboxReader } from '../inbox/postgres-inbox-reader.ts';
import { openPostgresInbox } from '../inbox/postgres-inbox.ts';
import type { ReceivingStorage, WorkerStorage } from './open-storage.ts';
import { openPostgresBlobs } from './postgres-blobs.ts';
import { askServerTime, startServerClock } from './postgres-clock.ts';
import { bringUpToDate, openConnections, openTables } from './postgres.ts';
import { joinReplicas } from './replicas.ts';

/** Connections of one replica, eleven at most: two receive, four answer questions, four work, one shows that we are here. */
const RECEIVING = { connections: 2, queryTimeoutMs: 10_000 };
const READING = { connections: 4, queryTimeoutMs: 30_000 };
const WORKING = { connections: 4, queryTimeoutMs: 60_000, repeats: true };
const PRESENT = { connections: 1, queryTimeoutMs: 5_000 };

/** @throws DatabaseAway */
export async function openReceivingPostgres(url: string): Promise<ReceivingStorage> {
  await bringUpToDate(url);
  const db = openTables(openConnections(url, READING));
  return {
    inbox: openPostgresInbox(openConnections(url, RECEIVING)),
    ...{ blobs: openPostgresBlobs(db), shared: true },
    openReader: () => db,
    release: async () => {},
  };
}

/** @throws DatabaseAway */
export async function openWorkerPostgres(url: string): Promise<WorkerStorage> {
  await bringUpToDate(url);
  const connections = openConnections(url, WORKING);
  const db = openTables(connections);
  const clock = await startServerClock(() => askServerTime(connections));
  const replicas = await joinReplicas(openConnections(url, PRESENT));
  return {
    ...{ db, replicas, clock: clock.sources },
    ...{ inbox: openPostgresInboxReader(db), blobs: openPostgresBlobs(db) },
    async leave() {
      clock.close();
      await replicas.leave();
    },
  };
}
