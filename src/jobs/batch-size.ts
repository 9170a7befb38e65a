/** How long a batch of deliveries should keep everything else waiting: SQLite answers without giving way. */
export const WANTED_MS = 100;
/** A database is asked over a network, which costs a batch the same however large it is; others have their turn meanwhile. */
export const WANTED_SHARED_MS = 150;
const FEWEST = 10;
const MOST = 200;

/** How many deliveries to take at once: few while each means much work, many while they are quick. */
export class BatchSize {
  readonly #wantedMs: number;
  #size = MOST;

  /** @param wantedMs how long a batch should take */
  constructor(wantedMs = WANTED_MS) {
    this.#wantedMs = wantedMs;
  }

  get size(): number {
    return this.#size;
  }

  /** A batch of `deliveries` took so long. */
  took(deliveries: number, ms: number): void {
    if (deliveries < this.#size / 2 && ms < this.#wantedMs) return; // there were no more, which says little
    const fitting = Math.round((deliveries * this.#wantedMs) / Math.max(1, ms));
    this.#size = Math.min(MOST, Math.max(FEWEST, Math.round((this.#size + fitting) / 2)));
  }
}
