import { maskLine } from './mask.ts';
import { ownCopy } from './shape.ts';

/** A power of two. */
const SLOTS = 2_048;
/** What is longer hardly comes twice, and would take memory. */
const MAX_MESSAGE = 400;

/**
 * The shapes of messages that were met lately: in most logs every second message comes again word for word. Each has one
 * place, which the next message of the same place takes: at most 2,048 messages of 400 characters.
 */
export class RecentShapes {
  readonly #messages: string[] = Array.from({ length: SLOTS }, () => '');
  readonly #shapes: string[] = Array.from({ length: SLOTS }, () => '');

  shapeOf(message: string): string {
    if (message.length > MAX_MESSAGE) return maskLine(message);
    const slot = slotOf(message);
    if (this.#messages[slot] === message) return this.#shapes[slot] ?? '';
    const shape = maskLine(message);
    this.#messages[slot] = ownCopy(message);
    this.#shapes[slot] = ownCopy(shape);
    return shape;
  }
}

function slotOf(message: string): number {
  const length = message.length;
  let hash = length;
  const step = (length >> 3) + 1;
  for (let index = length - 1; index >= 0; index -= step) hash = Math.imul(hash, 31) + message.charCodeAt(index);
  return (hash ^ (hash >>> 11)) & (SLOTS - 1);
}
