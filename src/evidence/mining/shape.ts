/**
 * A shape is a message without its variable parts; {@link VARIABLE} stands for each. A control character, because cleaned
 * text never holds it, and one character keeps shapes short.
 */
export const VARIABLE = '\u0000';

/** A part of a string keeps all of it in memory, up to a whole block of a file: this one stands alone. */
export function ownCopy(text: string): string {
  return ` ${text}`.slice(1);
}

/** As people read it: `Received block blk_<*> of size <*>`. */
export function printShape(shape: string): string {
  return shape.replaceAll(VARIABLE, '<*>');
}

/** What may stand between two variables that are one list or one composite. */
const JOINTS: ReadonlySet<string> = new Set([' ', ':', ',', '.', '/', '-', '_', '+']);

/** Puts a shape together from left to right, and makes one variable of what is a list or a composite of variables. */
export class ShapeWriter {
  #text = '';

  literal(text: string): void {
    this.#text += text;
  }

  /** A part that holds a variable, or is one. `<*>:<*>`, `<*>, <*>`, `dn<*> dn<*>`: the same again adds nothing. */
  variable(part: string): void {
    const text = this.#text;
    const last = text.length - 1;
    if (part === VARIABLE) {
      const end = text.charAt(last);
      if (end === VARIABLE) return;
      if (JOINTS.has(end) && text.charAt(last - 1) === VARIABLE) this.#text = text.slice(0, last);
      else if (end === ' ' && text.charAt(last - 1) === ',' && text.charAt(last - 2) === VARIABLE)
        this.#text = text.slice(0, last - 1);
      else this.#text += VARIABLE;
    } else if (this.#repeats(part, ' ')) this.#text = text.slice(0, last);
    else if (this.#repeats(part, ', ')) this.#text = text.slice(0, last - 1);
    else if (this.#repeats(part, ',')) this.#text = text.slice(0, last);
    else this.#text += part;
  }

  endsWith(text: string): boolean {
    return this.#text.endsWith(text);
  }

  /** The shape, without blanks at its end. */
  finish(): string {
    return this.#text.trimEnd();
  }

  #repeats(part: string, joint: string): boolean {
    if (!this.#text.endsWith(part + joint)) return false;
    const before = this.#text.charAt(this.#text.length - part.length - joint.length - 1);
    return before === '' || before === ' ' || before === '[' || before === '(' || before === ':' || before === ',';
  }
}
