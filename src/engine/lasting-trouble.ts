/** Trouble that comes again and again until it is over: told once it has lasted. */
export class LastingTrouble {
  readonly #afterMs: number;
  readonly #monotonic: () => number;
  readonly #listeners: ((why: string | null) => void)[] = [];
  #since: number | null = null;
  #why: string | null = null;

  /** @param afterMs how long it must last to be told */
  constructor(afterMs: number, monotonic: () => number = () => performance.now()) {
    this.#afterMs = afterMs;
    this.#monotonic = monotonic;
  }

  /** What it is; null where there is none, or none that has lasted. */
  get why(): string | null {
    return this.#why;
  }

  onChange(listener: (why: string | null) => void): void {
    this.#listeners.push(listener);
  }

  met(why: string): void {
    const now = this.#monotonic();
    this.#since ??= now;
    if (now - this.#since >= this.#afterMs) this.#tell(why);
  }

  over(): void {
    this.#since = null;
    this.#tell(null);
  }

  #tell(why: string | null): void {
    if (why === this.#why) return;
    this.#why = why;
    for (const listener of this.#listeners) listener(why);
  }
}
