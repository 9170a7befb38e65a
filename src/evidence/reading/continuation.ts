import { continuesRecord } from '../records.ts';

/** What a physical line is: blank, the first of a record, or one that goes on the record before it. */
export type LinePlace = 'blank' | 'first' | 'further';

/** Only indented, or a closing bracket: by itself that says little. */
const WEAK = /^(?:[ \t]+(?!at |File "|\.\.\. \d|#\d)\S|[})\]])/;
/** What opens a trace, and is no part of the line before it where that bears no time. */
const TRACEBACK = 'Traceback (most recent call last):';
/** What a line that goes on may begin with: spares most lines the search. */
const MAY_GO_ON = /^[\s})\]#[.\-aCSgDTc]/;
const HEAD = 400;

/**
 * Joins the lines of one stream into records as they come. A frame or a cause of a stack trace goes on the record; an
 * indented line does so within a trace, or where records begin with a time and it does not.
 */
export class Continuation {
  #head = '';
  #timed = false;
  #inTrace = false;

  /** @param timed whether the line bears a time of its own, or is a document */
  place(line: string, timed: boolean): LinePlace {
    if (!(line.charCodeAt(0) > 32) && line.trim() === '') return 'blank';
    if (!timed && (this.#inTrace || MAY_GO_ON.test(line)) && this.#head !== '' && this.#goesOn(line)) return 'further';
    this.#head = line;
    this.#timed = timed;
    this.#inTrace = line.startsWith(TRACEBACK);
    return 'first';
  }

  #goesOn(line: string): boolean {
    if (!continuesRecord(line, this.#inTrace ? TRACEBACK : this.#head.slice(0, HEAD))) return false;
    if (WEAK.test(line)) return this.#inTrace || this.#timed;
    if (line.startsWith(TRACEBACK) && !this.#timed) return false;
    this.#inTrace = true;
    return true;
  }
}
