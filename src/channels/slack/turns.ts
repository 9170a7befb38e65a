/** Slack takes about one message a second into a channel; more are answered with 429. */
export const EVERY_MS = 1_000;
/** `chat.update` is of Slack's tier 3: 50 a minute. */
export const UPDATE_EVERY_MS = 1_200;
/** A place that nobody came back for. */
const FORGOTTEN_MS = 600_000;
/** Nobody is heard who asks for more patience than this. */
const LONGEST_HOLD_MS = 3_600_000;

/** Who may send when: one turn each `everyMs`, in the order of asking. */
export interface Turns {
  /** Milliseconds until it is the turn of `id`; 0 gives the turn. Whoever asks again keeps the place. */
  inMs(id: string): number;
  /** Nobody's turn for so long, at most an hour. Several that ask for the same patience do not add up. */
  hold(ms: number): void;
  /** For how long it is still nobody's turn; 0 where that was not asked for. */
  heldMs(): number;
}

/** @param now milliseconds of a clock that never jumps */
export function createTurns(everyMs: number, now: () => number): Turns {
  const places = new Map<string, number>();
  let next = Number.NEGATIVE_INFINITY;
  let heldUntil = Number.NEGATIVE_INFINITY;
  return {
    inMs(id) {
      const at = now();
      for (const [other, place] of places) if (place < at - FORGOTTEN_MS) places.delete(other);
      const place = places.get(id) ?? Math.max(at, next);
      if (!places.has(id)) next = place + everyMs;
      if (place <= at) {
        places.delete(id);
        return 0;
      }
      places.set(id, place);
      return Math.ceil(place - at);
    },
    hold(ms) {
      const at = now();
      const until = at + Math.min(ms, LONGEST_HOLD_MS);
      const more = until - Math.max(at, heldUntil);
      if (more <= 0) return;
      for (const [id, place] of places) places.set(id, place + more);
      next = Math.max(next, at) + more;
      heldUntil = until;
    },
    heldMs: () => Math.max(0, Math.ceil(heldUntil - now())),
  };
}
