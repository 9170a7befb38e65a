import { cleanText } from '../../domain/text.ts';
import { messageStart } from '../mining/header.ts';
import { isRed } from '../ranking/cues.ts';
import { Continuation } from '../reading/continuation.ts';
import { levelInText } from '../reading/level.ts';
import { readLine, stripAnsi, type LocatedRecord } from '../records.ts';

/** A record of a file, and where it stands there. */
export interface NumberedRecord extends LocatedRecord {
  /** Of its first line, from 1. */
  readonly line: number;
  /** Whether a terminal would show some of it in red. */
  readonly red: boolean;
}

export interface ReadLimits {
  readonly records: number;
  readonly characters: number;
}

/** What a machine of usual size can hold and rank within seconds. */
export const READ_LIMITS: ReadLimits = { records: 200_000, characters: 100_000_000 };

const MAX_TEXT = 16_384;

/** Makes records of the lines of one file after the other. Keeps the newest that the limits allow. */
export class RecordReader {
  readonly #limits: ReadLimits;
  readonly #raw: boolean;
  readonly #now: number;
  #records: NumberedRecord[] = [];
  #characters = 0;
  #line = 0;
  #all = 0;
  #further: string[] = [];
  #furtherCharacters = 0;
  #continuation = new Continuation();

  /** @param now settles dates without a year. Epoch milliseconds. */
  constructor({ raw, now, limits = READ_LIMITS }: { raw: boolean; now: number; limits?: ReadLimits }) {
    this.#raw = raw;
    this.#now = now;
    this.#limits = limits;
  }

  add(rawLine: string): void {
    this.#line += 1;
    const line = rawLine.charCodeAt(0) === 0xfeff ? rawLine.slice(1) : rawLine;
    const text = stripAnsi(line);
    const document = !this.#raw && text.trimStart().startsWith('{');
    const place = this.#continuation.place(text, document || messageStart(text) > 0);
    if (place === 'further') this.#extend(text);
    else if (place === 'first') this.#open(line, text, document);
  }

  /** The next line is of another file: its numbers begin anew. */
  newFile(): void {
    this.#join();
    this.#line = 0;
    this.#continuation = new Continuation();
  }

  finish(): { readonly records: readonly NumberedRecord[]; readonly all: number } {
    this.#join();
    return { records: this.#records, all: this.#all };
  }

  #open(line: string, text: string, document: boolean): void {
    this.#join();
    const read = document ? readLine(text, this.#now) : this.#readText(text);
    this.#records.push({ ...read, line: this.#line, red: isRed(line) });
    this.#all += 1;
    this.#characters += read.text.length;
    if (this.#records.length > this.#limits.records * 1.25 || this.#characters > this.#limits.characters)
      this.#forget();
  }

  /** Also what looks like JSON, where it is to be taken as text: then its time and level are read as those of text. */
  #readText(text: string): LocatedRecord {
    return text.trimStart().startsWith('{')
      ? { ...readLine(`.${text.trimStart()}`, this.#now), text: cleanText(text, MAX_TEXT) }
      : readLine(text, this.#now);
  }

  #extend(text: string): void {
    if (this.#furtherCharacters > MAX_TEXT) return;
    this.#further.push(text.trimEnd());
    this.#furtherCharacters += text.length;
  }

  #join(): void {
    const last = this.#records.at(-1);
    if (last !== undefined && this.#further.length > 0) {
      const text = cleanText([last.text, ...this.#further].join('\n'), MAX_TEXT);
      const level = last.level === '' ? levelInText(text) : last.level;
      this.#records[this.#records.length - 1] = { ...last, text, level };
      this.#characters += text.length - last.text.length;
    }
    this.#further = [];
    this.#furtherCharacters = 0;
  }

  /** The oldest go. */
  #forget(): void {
    while (this.#records.length > this.#limits.records || this.#characters > this.#limits.characters * 0.8) {
      const gone = this.#records.splice(0, Math.max(1, Math.ceil(this.#records.length / 10)));
      this.#characters -= gone.reduce((sum, { text }) => sum + text.length, 0);
    }
  }
}
