import { createHash } from 'node:crypto';
import { maskLine } from './mask.ts';
import { ownCopy, printShape, VARIABLE } from './shape.ts';
import { mergeShapes } from './vote.ts';

export interface Template {
  /** Twelve hex digits of the SHA-256 of the text: the same template has the same id in every file. */
  readonly id: string;
  /** As `Received block <*> of size <*>`. */
  readonly text: string;
  /** How many messages it stands for. */
  readonly count: number;
}

export interface MinerLimits {
  /** At most this many different shapes are kept, and … */
  readonly shapes: number;
  /** … so many characters of them. */
  readonly characters: number;
}

export const MINER_LIMITS: MinerLimits = { shapes: 20_000, characters: 12_000_000 };

/** Merging is the dear part: after so many times the rarest only go. */
const MAX_MERGES = 4;
/** How much of an evicted shape remains, in words. */
const HEAD_WORDS = 3;

/**
 * Mines templates from a stream of messages: a message goes to the shape that {@link maskLine} gives it at once, and what
 * only comparison shows is decided in {@link finish}, when everything has been seen.
 *
 * Memory is bounded. Where more shapes come than the limit allows, alike ones are merged early; if more than half the
 * limit remains, the rarest (the oldest first among equals) are evicted: each goes to a template of its first three words
 * and `<*>`, and those beyond a tenth of the limit to the template `<*>`. Counts stay exact, and so does which message
 * belongs to which template.
 */
export class TemplateMiner {
  readonly #limits: MinerLimits;
  /** The slot of each shape that can still be met. */
  readonly #slots = new Map<string, number>();
  /** Of each slot that was ever given; null where it has gone into another. */
  readonly #shapes: (string | null)[] = [];
  readonly #counts: number[] = [];
  readonly #into: number[] = [];
  #characters = 0;
  #merges = 0;
  #heads = 0;

  constructor(limits: MinerLimits = MINER_LIMITS) {
    this.#limits = limits;
  }

  /** How many shapes are kept now. */
  get size(): number {
    return this.#slots.size;
  }

  /** @returns the number under which {@link finish} tells the template of this message */
  add(message: string): number {
    return this.addShape(maskLine(message));
  }

  /** As {@link add} for a message whose shape is known. */
  addShape(shape: string): number {
    const known = this.#slots.get(shape) ?? (this.#heads > 0 ? this.#slots.get(headOf(shape)) : undefined);
    if (known !== undefined) {
      this.#counts[known] = (this.#counts[known] ?? 0) + 1;
      return known;
    }
    if (this.#slots.size >= this.#limits.shapes || this.#characters > this.#limits.characters) this.#makeRoom();
    return this.#open(shape, 1);
  }

  /** The template of each number that was given, by number. Ids and texts are final; {@link add} may go on after it. */
  finish(): readonly Template[] {
    const live = [...this.#slots].map(([shape, slot]) => ({ shape, slot, count: this.#counts[slot] ?? 0 }));
    const merged = mergeShapes(live);
    const counts = new Map<string, number>();
    merged.forEach((shape, index) => counts.set(shape, (counts.get(shape) ?? 0) + (live[index]?.count ?? 0)));
    const templates = new Map([...counts].map(([shape, count]) => [shape, toTemplate(shape, count)]));
    const bySlot = new Map(live.map(({ slot }, index) => [slot, templates.get(merged[index] ?? '')]));
    return this.#shapes.map((_, slot) => bySlot.get(this.#resolve(slot)) ?? toTemplate(VARIABLE, 0));
  }

  #open(part: string, count: number): number {
    const shape = ownCopy(part);
    const slot = this.#shapes.push(shape) - 1;
    this.#counts.push(count);
    this.#into.push(slot);
    this.#slots.set(shape, slot);
    this.#characters += shape.length;
    return slot;
  }

  #resolve(slot: number): number {
    let at = slot;
    while (this.#into[at] !== undefined && this.#into[at] !== at) at = this.#into[at] ?? at;
    this.#into[slot] = at;
    return at;
  }

  #makeRoom(): void {
    if (this.#merges < MAX_MERGES) {
      this.#merges += 1;
      const live = [...this.#slots].map(([shape, slot]) => ({ shape, slot, count: this.#counts[slot] ?? 0 }));
      mergeShapes(live).forEach((shape, index) => this.#move(live[index]?.slot ?? 0, shape));
    }
    this.#evict();
  }

  #evict(): void {
    const { shapes, characters } = this.#limits;
    if (this.#slots.size <= shapes / 2 && this.#characters <= characters / 2) return;
    const rarest = [...this.#slots]
      .map(([shape, slot]) => ({ shape, slot, count: this.#counts[slot] ?? 0 }))
      .sort((a, b) => a.count - b.count || a.slot - b.slot);
    for (const { shape, slot } of rarest) {
      if (this.#slots.size <= shapes / 4 && this.#characters <= characters / 4) break;
      const head = headOf(shape);
      if (head !== shape) this.#move(slot, this.#slots.has(head) || this.#heads < shapes / 10 ? head : VARIABLE);
    }
  }

  /** What has this slot goes on under another shape. */
  #move(slot: number, shape: string): void {
    const before = this.#shapes[slot];
    if (before === shape || before === null || before === undefined) return;
    const known = this.#slots.get(shape);
    const target = known ?? this.#open(shape, 0);
    if (known === undefined && shape === headOf(shape)) this.#heads += 1;
    this.#counts[target] = (this.#counts[target] ?? 0) + (this.#counts[slot] ?? 0);
    this.#slots.delete(before);
    this.#characters -= before.length;
    this.#shapes[slot] = null;
    this.#into[slot] = target;
  }
}

/** `Lost connection to <*>` for all shapes that begin so. */
function headOf(shape: string): string {
  let at = 0;
  for (let words = 0; words < HEAD_WORDS; words += 1) {
    at = shape.indexOf(' ', at + 1);
    if (at < 0) return shape === VARIABLE ? shape : `${shape.slice(0, 40)} ${VARIABLE}`;
  }
  return at > 120 ? `${shape.slice(0, 120)}${VARIABLE}` : `${shape.slice(0, at)} ${VARIABLE}`;
}

function toTemplate(shape: string, count: number): Template {
  const text = printShape(shape);
  return { id: createHash('sha256').update(text).digest('hex').slice(0, 12), text, count };
}
