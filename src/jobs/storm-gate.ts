const MINUTE_MS = 60_000;
/** So many go one by one within a minute, whatever waits. P1s go one by one up to here, and no further. */
const ALONE_A_MINUTE = { usual: 7, urgent: 20 } as const;
/** As many must wait at once before they are put together: a burst of a few dozen is read one by one. */
const STORM_WAITING = 100;
/** From the beginning of a storm to its first message for many, then to the second, and from then on. */
const SPACING_MS = [1_000, 15_000, 60_000] as const;
/** It is over with a message for no more than so many. */
const CALM = 20;

/** How a message goes out now: as one, together with all that wait on its channel, or not before `at`. */
export type Turn =
  { readonly go: 'alone' } | { readonly go: 'together' } | { readonly go: 'later'; readonly at: number };

interface Traffic {
  sent: number[];
  storm: { told: number; nextAt: number } | null;
}

/**
 * Keeps a storm readable. Where more than a hundred messages wait for a channel, seven of a minute go one by one and the
 * others in one message after 1 s, 15 s and each minute: ten in a storm of a minute. What is P1 is counted apart: 20 a
 * minute go one by one. It only measures pace, so it may forget all at a restart.
 */
export class StormGate {
  readonly #traffic = new Map<string, Traffic>();

  /** Whether it matters how many wait: counting them is not free. */
  isBusy(channel: string, urgent: boolean, now: number): boolean {
    const { sent, storm } = this.#at(channel, urgent, now);
    return storm === null && sent.length >= ALONE_A_MINUTE.usual;
  }

  /**
   * Takes a turn.
   * @param urgent whether the message is about a P1
   * @param now epoch milliseconds
   * @param waiting how many of the same kind wait on the channel; any number where it is not busy
   */
  turn(channel: string, urgent: boolean, now: number, waiting: number): Turn {
    const traffic = this.#at(channel, urgent, now);
    if (traffic.storm === null && !breaksOut(traffic, urgent, waiting)) {
      traffic.sent.push(now);
      return { go: 'alone' };
    }
    const storm = traffic.storm ?? { told: 0, nextAt: now + SPACING_MS[0] };
    traffic.storm = storm;
    if (now < storm.nextAt) return { go: 'later', at: storm.nextAt };
    storm.told += 1;
    storm.nextAt = now + (SPACING_MS[storm.told] ?? MINUTE_MS);
    return { go: 'together' };
  }

  /** A message for so many went out; `full`: it could hold no more, and the rest need not wait for long. */
  toldTogether(channel: string, urgent: boolean, now: number, { many, full }: { many: number; full: boolean }): void {
    const traffic = this.#of(channel, urgent);
    if (many <= CALM) traffic.storm = null;
    if (full && traffic.storm !== null) traffic.storm.nextAt = Math.min(traffic.storm.nextAt, now + SPACING_MS[0]);
  }

  /** A turn was taken and nothing went out. */
  giveBack(channel: string, urgent: boolean): void {
    this.#of(channel, urgent).sent.pop();
  }

  #at(channel: string, urgent: boolean, now: number): Traffic {
    const traffic = this.#of(channel, urgent);
    traffic.sent = traffic.sent.filter((at) => at > now - MINUTE_MS && at <= now);
    // Nobody came for the last one: it is over, or the clock was set.
    if (traffic.storm !== null && Math.abs(now - traffic.storm.nextAt) > 2 * MINUTE_MS) traffic.storm = null;
    return traffic;
  }

  #of(channel: string, urgent: boolean): Traffic {
    const key = `${channel} ${urgent}`;
    const traffic = this.#traffic.get(key) ?? { sent: [], storm: null };
    this.#traffic.set(key, traffic);
    return traffic;
  }
}

function breaksOut({ sent }: Traffic, urgent: boolean, waiting: number): boolean {
  if (urgent) return sent.length >= ALONE_A_MINUTE.urgent;
  return sent.length >= ALONE_A_MINUTE.usual && waiting > STORM_WAITING;
}
