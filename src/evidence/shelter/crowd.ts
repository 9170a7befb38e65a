/** Those who wait for one answer: it is called off when the last of them has gone. */
export class Crowd {
  readonly #abort = new AbortController();
  #waiting = 0;

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  join(): void {
    this.#waiting += 1;
  }

  leave(): void {
    this.#waiting -= 1;
    if (this.#waiting === 0) this.#abort.abort();
  }
}
