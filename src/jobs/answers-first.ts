import { setTimeout as sleep } from 'node:timers/promises';
import type { InboxReader } from '../inbox/inbox-reader.ts';
import type { Taken } from './take-deliveries.ts';

/** With so many processors the receiving thread has one of its own. */
const PROCESSORS_ENOUGH = 4;
/** What it takes to answer a webhook: for each, and for each byte of it, in milliseconds (measured on two processors). */
const ANSWER_MS = 0.04;
const ANSWER_BYTE_MS = 0.000_005;
/** The share of a processor that answering needs in a flood. */
const FLOOD = 0.25;
/** What is on disk can wait, so many times as long as was worked: a sender that waits too long sends everything again. */
const REST = 4;
const REST_MAX_MS = 500;
/** The longer a delivery has waited, the shorter the rest; after so long there is none, as people wait to be told. */
const PATIENCE_MS = 30_000;

/** From one look to the next. */
export interface Spell {
  readonly workedMs: number;
  /** Deliveries that came, and in which time. */
  readonly came: number;
  readonly withinMs: number;
  /** Of a delivery, on average. */
  readonly bytes: number;
  /** How long what was taken last had waited. */
  readonly waitedMs: number;
}

function hasEnough(processors: number): boolean {
  return processors >= PROCESSORS_ENOUGH;
}

/** @returns milliseconds to rest after it; 0 for none */
export function restAfter({ workedMs, came, withinMs, bytes, waitedMs }: Spell, processors: number): number {
  const neededMs = came * (ANSWER_MS + bytes * ANSWER_BYTE_MS);
  if (hasEnough(processors) || neededMs < FLOOD * withinMs) return 0;
  return Math.min(REST_MAX_MS, REST * workedMs) * Math.max(0, 1 - waitedMs / PATIENCE_MS);
}

/**
 * Where webhooks flood in and processors are few, answering them goes before working on them. Measured on two processors,
 * one alert a webhook: half as many webhooks again a second; what floods in is on record up to half a
 * second later a batch, and the later it is the less of this.
 */
export class AnswersFirst {
  readonly #inbox: Pick<InboxReader, 'last'>;
  readonly #processors: number;
  readonly #wall: () => number;
  #seen = Number.POSITIVE_INFINITY;
  #lookedAt = 0;
  #workingSince = 0;
  #bytes = 0;
  #receivedAt = Number.POSITIVE_INFINITY;

  /** @param wall epoch milliseconds */
  constructor(inbox: Pick<InboxReader, 'last'>, processors: number, wall: () => number) {
    this.#inbox = inbox;
    this.#processors = processors;
    this.#wall = wall;
  }

  /** A batch was; what comes now is taken to be as large. */
  took({ deliveries, bytes, receivedAt }: Pick<Taken, 'deliveries' | 'bytes' | 'receivedAt'>): void {
    this.#bytes = bytes / deliveries;
    this.#receivedAt = receivedAt;
  }

  /** To be awaited after each batch. */
  async rest(): Promise<void> {
    if (hasEnough(this.#processors)) return; // nothing is asked of the inbox either
    const last = await this.#inbox.last();
    const now = performance.now();
    const spell = {
      workedMs: now - this.#workingSince,
      ...{ came: last - this.#seen, withinMs: now - this.#lookedAt },
      ...{ bytes: this.#bytes, waitedMs: Math.max(0, this.#wall() - this.#receivedAt) },
    };
    const ms = restAfter(spell, this.#processors);
    this.#seen = last;
    this.#lookedAt = now;
    if (ms > 0) await sleep(ms);
    this.#workingSince = performance.now();
  }
}
