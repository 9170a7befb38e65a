/** How long a batch of deliveries should keep everything else waiting: SQLite answers without giving way. */
const WANTED_MS = 60;
const FEWEST = 10;
const MOST = 200;

/** How many deliveries to take at once: few while each means much work, many while they are quick. */
export class BatchSize {
  #size = MOST;

  get size(): number {
    return this.#size;
  }

  /** A batch of `deliveries` took so long. */
  took(deliveries: number, ms: number): void {
    if (deliveries < this.#size / 2 && ms < WANTED_MS) return; // there were no more, which says little
    const fitting = Math.round((deliveries * WANTED_MS) / Math.max(1, ms));
    this.#size = Math.min(MOST, Math.max(FEWEST, Math.round((this.#size + fitting) / 2)));
  }
}
