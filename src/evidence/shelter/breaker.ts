import type { Failure } from '../../domain/result.ts';

/** So many failures in a row, and the store is left alone for a while. */
const FAILURES = 3;
const REST_MS = 30_000;

/**
 * Keeps a store that fails from costing everybody its budget of time: after some failures in a row it is not asked for a
 * while; then one question is let through, and its answer decides.
 */
export class Breaker {
  readonly #clock: () => number;
  #failures = 0;
  #restsUntil = 0;
  #trying = false;
  #last: Failure | null = null;

  /** @param clock milliseconds that only go forward */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Why it may not be asked now, or null; then the answer must be noted. */
  refuses(): Failure | null {
    if (this.#last === null || this.#failures < FAILURES) return null;
    if (this.#clock() >= this.#restsUntil && !this.#trying) {
      this.#trying = true;
      return null;
    }
    const detail = `${this.#last.detail.replace(/\.$/, '')} (not asked again for ${REST_MS / 1_000} s after ${FAILURES} failures).`;
    return { ...this.#last, detail };
  }

  /** Only what may be over later counts: a wrong key or a missing index is no reason to leave the store alone. */
  note(answer: { readonly ok: true } | Failure): void {
    this.#trying = false;
    if (answer.ok || !answer.retryable) {
      this.#failures = 0;
      this.#last = null;
      return;
    }
    this.#failures += 1;
    this.#last = answer;
    this.#restsUntil = this.#clock() + REST_MS;
  }

  /** It was asked, but nobody waited for the answer. */
  forget(): void {
    this.#trying = false;
  }
}
