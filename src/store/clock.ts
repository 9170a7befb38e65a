/** How far wall and monotonic clock may differ before the wall clock counts as stepped (safety.md: 5 s). */
const STEP_MS = 5_000;
/** After so long a stepped wall clock is believed. */
const TRUST_AFTER_MS = 600_000;

export interface ClockSources {
  /** Epoch milliseconds of the machine. */
  wall(): number;
  /** Milliseconds that only ever grow at their own pace. */
  monotonic(): number;
}

/** What the clock tells about itself. `shiftMs`: every pending deadline must move by this, so that its remaining time stays. */
export interface ClockStep {
  readonly kind: 'stepped' | 'trusted';
  readonly byMs: number;
  readonly shiftMs: number;
}

/**
 * The store's time on SQLite: never backward, at the monotonic pace while the wall clock is off by more than 5 s, and the
 * wall clock's again 10 min after a step forward or after a restart. After a step backward it keeps its own pace until
 * the restart, because a moment that has been written must not come again.
 */
export class Clock {
  readonly #sources: ClockSources;
  readonly #onStep: (step: ClockStep) => void;
  #anchorWall: number;
  #anchorMono: number;
  #stepped: { readonly since: number; readonly by: number } | null = null;
  #last: number;

  /** @param floor the latest moment that the store has seen (epoch milliseconds) */
  constructor(floor: number, sources: ClockSources, onStep: (step: ClockStep) => void = () => {}) {
    this.#sources = sources;
    this.#onStep = onStep;
    this.#anchorMono = sources.monotonic();
    this.#anchorWall = Math.max(floor, sources.wall());
    this.#last = this.#anchorWall;
  }

  /** Epoch milliseconds, whole. */
  now(): number {
    const wall = this.#sources.wall();
    const mono = this.#sources.monotonic();
    const paced = this.#anchorWall + (mono - this.#anchorMono);
    const off = wall - paced;
    if (Math.abs(off) <= STEP_MS) {
      this.#stepped = null;
      this.#anchor(wall, mono);
      return this.#forward(wall);
    }
    if (this.#stepped === null || Math.abs(off - this.#stepped.by) > STEP_MS) {
      this.#stepped = { since: mono, by: off }; // another step begins another wait
      this.#onStep({ kind: 'stepped', byMs: off, shiftMs: 0 });
    } else if (off > 0 && mono - this.#stepped.since >= TRUST_AFTER_MS) {
      this.#stepped = null;
      this.#anchor(wall, mono);
      this.#onStep({ kind: 'trusted', byMs: off, shiftMs: off });
      return this.#forward(wall);
    }
    return this.#forward(paced);
  }

  #anchor(wall: number, mono: number): void {
    this.#anchorWall = wall;
    this.#anchorMono = mono;
  }

  #forward(moment: number): number {
    this.#last = Math.max(this.#last, Math.floor(moment));
    return this.#last;
  }
}
