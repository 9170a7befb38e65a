import { randomInt } from 'node:crypto';
import type { Delivery } from '../inbox/inbox-reader.ts';
import { readMeta } from '../store/meta.ts';
import type { Store } from '../store/store.ts';

/** Lives of the bridge that a delivery may cost before it counts as poison. */
const LIVES = 5;
/** Larger ones are marked each time: what takes more memory than there is, takes it here. */
const LARGE_BYTES = 500_000;
const ROW = 'taking';
/** Who is here and has not come to an end by then hangs: its place is taken, and it has cost no life. */
const HANGS_AFTER_MS = 60_000;

/** What is taken next. */
export interface Careful {
  /** None where another replica is at them: ask again. */
  readonly deliveries: readonly Delivery[];
  /** Whether the bridge has not survived the first of them, again and again. */
  readonly isDeadly: boolean;
}

/** Tells one that died from one that is at work. */
export interface Lives {
  /** This life; another number after each start. */
  readonly self: number;
  isGone(holder: number): Promise<boolean>;
}

/** The folder's lock proves that whoever wrote there before is gone. */
function aloneOnFolder(): Lives {
  return { self: randomInt(1, 2 ** 31 - 1), isGone: async () => true };
}

/** What stands in the store: that the `begun`-th life in a row, of this holder, is at this delivery since then. */
interface Mark {
  readonly seq: number;
  readonly begun: number;
  readonly holder: number;
  /** Epoch milliseconds of the store's clock. */
  readonly at: number;
}

/**
 * Finds the delivery that ends the whole process, by memory or by a bug outside of us: without this it would be taken first
 * after every start, and nothing behind it would ever come to anybody. Before the first batch of a life, and before each
 * large delivery, the store is told what is being taken, and by whom; what a life ended at is taken alone in the next one.
 * Where replicas share the store, what is marked by one that is here is left to it.
 */
export class DeadlyDeliveries {
  readonly #lives: Lives;
  #isFirst = true;
  /** How many more are taken one by one: the batch at which the last life ended. */
  #alone = 0;
  /** Marked in this life: tried again while the store is away, it has cost no other. */
  #marked: { readonly seq: number; readonly alone: boolean } | null = null;

  constructor(lives: Lives = aloneOnFolder()) {
    this.#lives = lives;
  }

  async choose(store: Store, deliveries: readonly Delivery[]): Promise<Careful> {
    const [first] = deliveries;
    if (first !== undefined && first.seq === this.#marked?.seq)
      return { deliveries: this.#marked.alone ? [first] : deliveries, isDeadly: false };
    const isDear = this.#isFirst || this.#alone > 0 || (first?.body.length ?? 0) > LARGE_BYTES;
    if (first === undefined || !isDear) return { deliveries, isDeadly: false };
    const before = await readMeta(store.db, ROW);
    const ended = await this.#endedAt(first.seq, toMark(before), store.now());
    if (ended === null) return { deliveries: [], isDeadly: false };
    if (this.#isFirst && ended > 0) this.#alone = deliveries.length;
    if (ended >= LIVES) return { deliveries: [first], isDeadly: true };
    if (!(await this.#mark(store, before, { seq: first.seq, begun: ended + 1 })))
      return { deliveries: [], isDeadly: false };
    this.#isFirst = false;
    const alone = this.#alone > 0;
    this.#marked = { seq: first.seq, alone };
    this.#alone = Math.max(0, this.#alone - 1);
    return { deliveries: alone ? [first] : deliveries, isDeadly: false };
  }

  /** How many lives have ended at it; null while another one is at it. What was taken is never asked for again. */
  async #endedAt(seq: number, mark: Mark, now: number): Promise<number | null> {
    if (mark.seq !== seq) return 0;
    if (mark.holder === this.#lives.self) return mark.begun - 1; // written, and the answer was lost
    if (await this.#lives.isGone(mark.holder)) return mark.begun;
    return now - mark.at > HANGS_AFTER_MS ? mark.begun - 1 : null;
  }

  /** @returns false where another replica has written its own since `before` was read */
  async #mark(store: Store, before: string | undefined, { seq, begun }: Pick<Mark, 'seq' | 'begun'>): Promise<boolean> {
    return store.transact(async (unit) => {
      if ((await readMeta(unit.tx, ROW)) !== before) return false;
      await unit.setMeta(ROW, `${seq} ${begun} ${this.#lives.self} ${unit.now}`);
      return true;
    });
  }
}

/** Those of before have no holder; who wrote them is gone. */
function toMark(text = '0 0'): Mark {
  const [seq = 0, begun = 0, holder = 0, at = 0] = text.split(' ').map(Number);
  return { seq, begun, holder, at };
}
