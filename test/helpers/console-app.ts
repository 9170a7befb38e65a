import express, { type Express } from 'express';
import type { Kysely } from 'kysely';
import { createConsole } from '../../src/console/console.ts';
import type { FixRequest, PersonCommand } from '../../src/engine/messages.ts';
import { authorize, createDoor } from '../../src/http/authorize.ts';
import { handleErrors } from '../../src/http/http-problem.ts';
import { controlFixes } from '../../src/jobs/control-fixes.ts';
import { accountsOf } from '../../src/store/access.ts';
import { createReadModel, type ReadModel } from '../../src/store/read-model.ts';
import type { Tables } from '../../src/store/schema.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { temporaryFolder } from '../servers/cleanup.ts';
import type { Services } from '../../src/domain/service.ts';
import { NO_SERVICES } from '../../src/incidents/services.ts';
import { rulesOf } from './fake-rules.ts';

/** The console over a store of its own, in this process, with a clock that a test sets. */
export interface ConsoleApp {
  readonly app: Express;
  readonly db: Kysely<Tables>;
  readonly store: Store;
  readonly read: ReadModel;
  now: number;
  close(): Promise<void>;
}

export async function startConsoleApp(services: Services = NO_SERVICES): Promise<ConsoleApp> {
  const db = await openSqlite(temporaryFolder('console-app').path);
  const rules = rulesOf({ groupingBy: ['instance'], services });
  const clock = { now: Date.UTC(2026, 0, 5, 3) };
  const wall = () => clock.now;
  const store = await openStore({
    db,
    rules: () => rules,
    clock: { wall, monotonic: wall },
    onCommitted() {},
    onClockStep() {},
  });
  const accounts = accountsOf(db);
  const secret = Buffer.alloc(32, 7);
  const door = createDoor(accounts, secret, wall);
  const read = createReadModel(db);
  const app = express();
  const command = async ({ number, command }: { number: number; command: PersonCommand }) =>
    store.transact(async (unit) => {
      const { uid } = await unit.tx
        .selectFrom('incidents')
        .select('uid')
        .where('number', '=', number)
        .executeTakeFirstOrThrow();
      await unit.incident(uid);
      const decision = unit.run(uid, command);
      return 'refused' in decision
        ? ({ outcome: 'refused', detail: decision.detail } as const)
        : ({ outcome: 'done' } as const);
    });
  const fix = (request: FixRequest) =>
    controlFixes({ store, rules: () => rules, fixes: [], executors: [], metricsSources: [] }, request);
  const confidential = ({ team }: { team: string }): boolean => team === 'security';
  app.use(
    createConsole({
      ...{ read, engine: { command, fix }, procedure: () => [], accounts, door, secret, now: wall, confidential },
      services: () => services,
    }),
  );
  app.use('/api', authorize(door), (_req, res) => void res.json({ ok: true }));
  app.use(handleErrors({ debug() {}, info() {}, warn() {}, error() {} }));
  return Object.assign(clock, { app, db, store, read, close: () => store.close() });
}
