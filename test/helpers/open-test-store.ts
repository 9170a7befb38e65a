import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Alert, AlertGroup } from '../../src/domain/alert.ts';
import type { Incident } from '../../src/domain/incident.ts';
import { groupingKeyOf } from '../../src/incidents/correlate.ts';
import type { Rules } from '../../src/incidents/rules.ts';
import { createReadModel, type ReadModel } from '../../src/store/read-model.ts';
import { openConnections, openPostgres } from '../../src/store/postgres.ts';
import { joinReplicas, type JoinedReplicas } from '../../src/store/replicas.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { openStore, type Store, type StoreParts } from '../../src/store/store.ts';
import type { Committed } from '../../src/store/unit-of-work.ts';
import { observeGroup } from '../../src/jobs/observe.ts';
import { withPostgres, type Postgres } from '../servers/postgres.ts';
import { rulesOf } from './fake-rules.ts';
import { DAWN } from './incident-world.ts';
import { describeWith } from './requires.ts';

/** The tables in a place of their own, and the other replicas where there may be some. */
export interface OpenedTables {
  readonly db: StoreParts['db'];
  readonly replicas: JoinedReplicas | null;
}

/** How to open the tables of a dialect; a place that is opened twice is the same store. */
export interface Dialect {
  readonly name: string;
  open(place: string): Promise<OpenedTables>;
}

const SQLITE: Dialect = {
  name: 'SQLite',
  open: async (folder) => ({ db: await openSqlite(folder), replicas: null }),
};

/** On a PostgreSQL; each folder stands for a place there. Those who have gone are noticed at once. */
export function postgresDialect(server: () => Postgres): Dialect {
  const urls = new Map<string, Promise<string>>();
  const urlOf = (place: string): Promise<string> => {
    const url = urls.get(place) ?? server().freshUrl();
    urls.set(place, url);
    return url;
  };
  return {
    name: 'PostgreSQL',
    async open(place) {
      const url = await urlOf(place);
      const db = await openPostgres(url);
      const one = openConnections(url, { connections: 1, queryTimeoutMs: 60_000 });
      return { db, replicas: await joinReplicas(one, 0) };
    },
  };
}

/** A suite that every dialect of the store must pass; PostgreSQL is a real one, for this suite alone. */
export function describeDialects(name: string, tests: (dialect: Dialect) => void): void {
  describe(`${name} on SQLite`, () => tests(SQLITE));
  describeWith('postgres', `${name} on PostgreSQL`, () => {
    const server = withPostgres();
    tests(postgresDialect(server));
  });
}

/** A real store, with a clock that tests set. */
export interface TestStore {
  readonly store: Store;
  readonly read: ReadModel;
  readonly folder: string;
  readonly time: { now: number; mono: number };
  readonly committed: Committed[];
  /** Lets both clocks go on. */
  pass(ms: number): void;
  /** As after kill -9: whatever was claimed is lost with its holder. */
  reopen(): Promise<void>;
  deliver(group: AlertGroup): Promise<void>;
  incident(number?: number): Promise<Incident>;
  close(): Promise<void>;
}

export async function openTestStore(rules: Rules = rulesOf(), dialect: Dialect = SQLITE): Promise<TestStore> {
  const folder = mkdtempSync(join(tmpdir(), 'tierbell-store-'));
  const time = { now: DAWN, mono: 0 };
  const committed: Committed[] = [];
  const open = async (): Promise<Store> => {
    const tables = await dialect.open(folder);
    const opened = await openStore({
      ...tables,
      rules: () => rules,
      clock: { wall: () => time.now, monotonic: () => time.mono },
      onCommitted: (all) => void committed.push(...all),
      onClockStep: () => {},
    });
    const close = async (): Promise<void> => {
      await tables.replicas?.leave();
      await opened.close();
    };
    return { ...opened, close };
  };
  let store = await open();
  return {
    get store() {
      return store;
    },
    get read() {
      return createReadModel(store.db);
    },
    ...{ folder, time, committed },
    pass(ms) {
      time.now += ms;
      time.mono += ms;
    },
    async reopen() {
      await store.close();
      store = await open();
    },
    deliver: (group) => deliverTo(store, rules, group),
    async incident(number = 1) {
      const found = await createReadModel(store.db).byNumber(number);
      if (found === null) throw new Error(`there is no INC-${number}`);
      return found;
    },
    async close() {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function deliverTo(store: Store, rules: Rules, group: AlertGroup): Promise<void> {
  await store.transact(async (unit) => {
    const alerts = group.alerts.map((alert: Alert) => ({ source: group.source, alert }));
    await unit.preload(
      alerts,
      group.alerts.map((alert) => groupingKeyOf(group, alert, rules.groupingBy)),
    );
    await observeGroup(unit, 'd1', group, rules.groupingBy);
  });
}
