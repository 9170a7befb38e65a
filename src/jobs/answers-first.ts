import { setTimeout as sleep } from 'node:timers/promises';
import type { InboxReader } from '../inbox/inbox-reader.ts';

/** With so many processors the receiving thread has one of its own. */
const PROCESSORS_ENOUGH = 4;
/** What it takes to answer a webhook: for each, and for each byte of it, in milliseconds (measured on two processors). */
const ANSWER_MS = 0.04;
const ANSWER_BYTE_MS = 0.000_005;
/** The share of a processor that answering needs in a flood. */
const FLOOD = 0.25;
/** What is on disk can wait, so many times as long as was worked: a sender that waits too long sends everything again. */
const REST = 4;
const REST_MAX_MS = 250;

/** From one look to the next; `bytes` is the size of a delivery, the rest are milliseconds and a number. */
export interface Spell {
  readonly workedMs: number;
  readonly came: number;
  readonly bytes: number;
  readonly withinMs: number;
}

/** @returns milliseconds to rest after it; 0 for none */
export function restAfter({ workedMs, came, bytes, withinMs }: Spell, processors: number): number {
  const neededMs = came * (ANSWER_MS + bytes * ANSWER_BYTE_MS);
  if (processors >= PROCESSORS_ENOUGH || neededMs < FLOOD * withinMs) return 0;
  return Math.min(REST_MAX_MS, REST * workedMs);
}

/**
 * Where webhooks flood in and processors are few, answering them goes before working on them. Measured on two processors,
 * one alert a webhook: half as many webhooks again a second; the flood's own incidents come up to a quarter of a second
 * later for each batch of deliveries.
 */
export class AnswersFirst {
  readonly #inbox: Pick<InboxReader, 'last'>;
  readonly #processors: number;
  #seen = Number.POSITIVE_INFINITY;
  #lookedAt = 0;
  #workingSince = 0;
  #bytes = 0;

  constructor(inbox: Pick<InboxReader, 'last'>, processors: number) {
    this.#inbox = inbox;
    this.#processors = processors;
  }

  /** A batch was; what comes now is taken to be as large. */
  took({ deliveries, bytes }: { readonly deliveries: number; readonly bytes: number }): void {
    this.#bytes = bytes / deliveries;
  }

  /** To be awaited after each batch. */
  async rest(): Promise<void> {
    const last = await this.#inbox.last();
    const now = performance.now();
    const [workedMs, withinMs] = [now - this.#workingSince, now - this.#lookedAt];
    const ms = restAfter({ workedMs, withinMs, came: last - this.#seen, bytes: this.#bytes }, this.#processors);
    this.#seen = last;
    this.#lookedAt = now;
    if (ms > 0) await sleep(ms);
    this.#workingSince = performance.now();
  }
}
