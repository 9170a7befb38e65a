import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Alert, AlertGroup } from '../../src/domain/alert.ts';
import type { Incident } from '../../src/domain/incident.ts';
import { groupingKeyOf } from '../../src/incidents/correlate.ts';
import type { Rules } from '../../src/incidents/rules.ts';
import { createReadModel, type ReadModel } from '../../src/store/read-model.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { openStore, type Store, type StoreParts } from '../../src/store/store.ts';
import type { Committed } from '../../src/store/unit-of-work.ts';
import { observeGroup } from '../../src/jobs/observe.ts';
import { rulesOf } from './fake-rules.ts';
import { DAWN } from './incident-world.ts';

/** How to open the tables of a dialect in a place of its own; opened twice, it is the same store. */
export interface Dialect {
  readonly name: string;
  open(place: string): Promise<StoreParts['db']>;
}

/** The dialects that the store suite runs on. */
export const DIALECTS: readonly Dialect[] = [{ name: 'SQLite', open: openSqlite }];

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

export async function openTestStore(
  rules: Rules = rulesOf(),
  dialect: Dialect = DIALECTS[0] as Dialect,
): Promise<TestStore> {
  const folder = mkdtempSync(join(tmpdir(), 'tierbell-store-'));
  const time = { now: DAWN, mono: 0 };
  const committed: Committed[] = [];
  const open = async (): Promise<Store> =>
    openStore({
      db: await dialect.open(folder),
      rules: () => rules,
      clock: { wall: () => time.now, monotonic: () => time.mono },
      onCommitted: (all) => void committed.push(...all),
      onClockStep: () => {},
    });
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
