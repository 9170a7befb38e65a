import { openReceivingStorage, openStoreTables, type ReceivingStorage } from '../../src/store/open-storage.ts';
import type { StorageAddress } from '../../src/store/open-storage.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { rulesOf } from './fake-rules.ts';
import { DAWN } from './incident-world.ts';

export const HOUSE_RULES = rulesOf();

/** Inbox, blobs and store of one place, as a bridge has them open. The clock stands at `time.now`. */
export interface House {
  readonly storage: ReceivingStorage;
  readonly store: Store;
  readonly time: { now: number };
  close(): Promise<void>;
}

export async function openHouse(address: StorageAddress): Promise<House> {
  const storage = await openReceivingStorage(address);
  const time = { now: DAWN };
  const store = await openStore({
    db: await openStoreTables(address),
    rules: () => HOUSE_RULES,
    clock: { wall: () => time.now, monotonic: () => time.now - DAWN },
    onCommitted: () => {},
    onClockStep: () => {},
  });
  const close = async (): Promise<void> => {
    await storage.inbox.close();
    if (storage.shared) await storage.openReader().destroy();
    await store.close();
    await storage.release();
  };
  return { storage, store, time, close };
}
