import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { cleanText } from '../domain/text.ts';

/** What a person may read of a run: standard output and error together, at most 64 KiB of UTF-8. */
export const OUTPUT_BYTES = 65_536;
/** Room for the sentence about the cut. */
const NOTE_BYTES = 128;

/**
 * Collects output as it comes and keeps its beginning and its end, so that a flood costs no memory and the last words of
 * a program are not lost.
 */
export class RunOutput {
  readonly #half = (OUTPUT_BYTES - NOTE_BYTES) / 2;
  #head = '';
  #tail = '';
  #cut = false;

  /** Takes everything a stream says. Characters that arrive in pieces are put together again. */
  capture(stream: Readable): void {
    const decoder = new StringDecoder('utf8');
    stream.on('data', (chunk: Buffer) => this.take(decoder.write(chunk)));
    stream.on('end', () => this.take(decoder.end()));
    // A pipe that breaks ends the output; the exit status tells the rest.
    stream.on('error', () => undefined);
  }

  /** Takes one piece. */
  take(text: string): void {
    const room = Math.max(0, this.#half - this.#head.length);
    this.#head += text.slice(0, room);
    this.#tail += text.slice(room);
    // Cut rarely, so that small pieces do not copy the tail each time.
    if (this.#tail.length <= 2 * this.#half) return;
    this.#tail = this.#tail.slice(-this.#half);
    this.#cut = true;
  }

  /** The text, cleaned of control characters and colours; what was cut is said where it is missing. */
  text(redact: (text: string) => string = (text) => text): string {
    const whole = this.#cut ? '' : redact(clean(this.#head + this.#tail));
    if (!this.#cut && Buffer.byteLength(whole) <= OUTPUT_BYTES) return whole;
    const head = this.#cut ? redact(clean(upToLine(this.#head))) : whole;
    const tail = this.#cut ? redact(clean(fromLine(this.#tail))) : whole;
    const note = '\n[… output was cut here: only its first and last 32 KiB are kept …]\n';
    return `${firstBytes(head, this.#half)}${note}${lastBytes(tail, this.#half)}`;
  }
}

// eslint-disable-next-line no-control-regex -- colours and cursor movements are what this is about
const ANSI = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\^_])/g;

function clean(text: string): string {
  return cleanText(text.replace(ANSI, ''), Number.MAX_SAFE_INTEGER);
}

/** Whole lines only, so that no half of a secret escapes redaction; a single endless line stays. */
function upToLine(text: string): string {
  const end = text.lastIndexOf('\n');
  return end < 0 ? text : text.slice(0, end);
}

function fromLine(text: string): string {
  return text.slice(text.indexOf('\n') + 1);
}

function firstBytes(text: string, bytes: number): string {
  return new StringDecoder('utf8').write(Buffer.from(text).subarray(0, bytes));
}

function lastBytes(text: string, bytes: number): string {
  const buffer = Buffer.from(text);
  let from = Math.max(0, buffer.length - bytes);
  while (from < buffer.length && ((buffer[from] ?? 0) & 0xc0) === 0x80) from += 1;
  return buffer.subarray(from).toString('utf8');
}
