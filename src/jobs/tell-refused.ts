import type { Transaction } from 'kysely';
import type { InboxReader, Refused } from '../inbox/inbox-reader.ts';
import type { Rules } from '../incidents/rules.ts';
import type { Store } from '../store/store.ts';
import type { Tables } from '../store/schema.ts';
import { reportTrouble } from './report-trouble.ts';
import { readMeta } from '../store/meta.ts';

export interface RefusedParts {
  readonly store: Store;
  readonly inbox: Pick<InboxReader, 'refusedAfter'>;
  readonly rules: () => Rules;
}

/** So many are read at once: of one sender that is wrong there may be hundreds, and people hear of it once. */
const PAGE = 200;

/**
 * What a proven sender sent and we had to refuse may have been an alert: people hear of it. It is read from the inbox, where
 * it was kept before its sender was answered, and how far that was read is written with the telling, so that a crash in
 * between tells neither nobody nor twice.
 */
export async function tellRefused({ store, inbox, rules }: RefusedParts): Promise<void> {
  for (;;) {
    const found = await inbox.refusedAfter(await refusalsTold(store.db), PAGE);
    if (found.length === 0) return;
    await store.transact(async (unit) => {
      const told = await refusalsTold(unit.tx); // another replica may have come first
      for (const one of firstOfEach(found.filter(({ seq }) => seq > told)))
        await reportTrouble(unit, troubleOf(one), rules().groupingBy);
      await unit.setMeta('refusals_told', String(Math.max(told, found.at(-1)?.seq ?? 0)));
    });
  }
}

async function refusalsTold(db: Store['db'] | Transaction<Tables>): Promise<number> {
  return Number((await readMeta(db, 'refusals_told')) ?? 0);
}

function firstOfEach(refused: readonly Refused[]): Iterable<Refused> {
  return new Map(refused.toReversed().map((one) => [one.source, one])).values();
}

function troubleOf({ source, reason }: Refused) {
  const summary = `${source} sent what had to be refused (${reason}), so an alert may be lost. Mend its configuration; the body is kept in the inbox.`;
  return { name: 'TierbellDeliveryRefused', source, summary, raw: '' } as const;
}
