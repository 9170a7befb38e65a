import type { Delivery } from '../inbox/inbox-reader.ts';
import type { Store } from '../store/store.ts';
import { readMeta } from '../store/meta.ts';

/** Lives of the bridge that a delivery may cost before it counts as poison. */
const LIVES = 5;
/** Larger ones are marked each time: what takes more memory than there is, takes it here. */
const LARGE_BYTES = 500_000;
const ROW = 'taking';

/** What is taken next. */
export interface Careful {
  readonly deliveries: readonly Delivery[];
  /** Whether the bridge has not survived the first of them, again and again. */
  readonly isDeadly: boolean;
}

/**
 * Finds the delivery that ends the whole process, by memory or by a bug outside of us: without this it would be taken first
 * after every start, and nothing behind it would ever come to anybody. Before the first batch of a life, and before each
 * large delivery, the store is told what is being taken; what a life ended at is taken alone in the next one.
 * For one process on a store: replicas cannot tell one that died from one that is at it.
 */
export class DeadlyDeliveries {
  #isFirst = true;
  /** How many more are taken one by one: the batch at which the last life ended. */
  #alone = 0;
  /** Marked in this life: tried again while the store is away, it has cost no other. */
  #marked: { readonly seq: number; readonly alone: boolean } | null = null;

  async choose(store: Store, deliveries: readonly Delivery[]): Promise<Careful> {
    const [first] = deliveries;
    if (first !== undefined && first.seq === this.#marked?.seq)
      return { deliveries: this.#marked.alone ? [first] : deliveries, isDeadly: false };
    const isDear = this.#isFirst || this.#alone > 0 || (first?.body.length ?? 0) > LARGE_BYTES;
    if (first === undefined || !isDear) return { deliveries, isDeadly: false };
    const ended = await endedAt(store, first.seq);
    if (this.#isFirst && ended > 0) this.#alone = deliveries.length;
    if (ended >= LIVES) return { deliveries: [first], isDeadly: true };
    await store.transact((unit) => unit.setMeta(ROW, `${first.seq} ${ended + 1}`));
    this.#isFirst = false;
    const alone = this.#alone > 0;
    this.#marked = { seq: first.seq, alone };
    this.#alone = Math.max(0, this.#alone - 1);
    return { deliveries: alone ? [first] : deliveries, isDeadly: false };
  }
}

/** How often it was marked before: what was taken is never asked for again. */
async function endedAt({ db }: Store, seq: number): Promise<number> {
  const [at, times] = ((await readMeta(db, ROW)) ?? '0 0').split(' ').map(Number);
  return at === seq ? (times ?? 0) : 0;
}
