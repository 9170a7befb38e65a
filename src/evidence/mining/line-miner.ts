import { cleanText } from '../../domain/text.ts';
import { Continuation } from '../reading/continuation.ts';
import { readLine, stripAnsi } from '../records.ts';
import { messageStart } from './header.ts';
import { shapeOfText } from './message.ts';
import { TemplateMiner, type MinerLimits, type Template } from './miner.ts';
import { RecentShapes } from './recent-shapes.ts';
import { traceShape } from './trace.ts';

/** A record with more lines goes on, but these are not looked at. */
const MAX_FURTHER = 200;
const MAX_TEXT = 16_384;

/** The templates of a whole input, and which one each of its physical lines belongs to. */
export interface MinedLines {
  /** Most frequent first; blank lines are none. */
  readonly templates: readonly Template[];
  /** The template of each line, in order. That of a blank line has the text ''. */
  readonly byLine: () => Iterable<Template>;
}

/**
 * Mines physical lines as they come, plain text or JSON documents. Joins stack traces, strips colours and what stands in
 * front of messages. Keeps four bytes a line beside its templates.
 */
export class LineMiner {
  readonly #miner: TemplateMiner;
  readonly #raw: boolean;
  readonly #recent = new RecentShapes();
  #lines = new Uint32Array(4_096);
  #length = 0;
  #records = 0;
  #continuation = new Continuation();
  /** The record that is being read. */
  #head: string | null = null;
  #start = 0;
  #further: string[] = [];
  /** Of its lines and the blank ones among them: true where blank. */
  #open: boolean[] = [];
  readonly #blank: number;

  /** @param raw whether every line is text, whatever it looks like */
  constructor(raw = false, limits?: MinerLimits) {
    this.#miner = new TemplateMiner(limits);
    this.#raw = raw;
    this.#blank = this.#miner.addShape('');
  }

  add(line: string): void {
    const text = stripAnsi(line);
    const document = !this.#raw && isDocument(text);
    const start = document ? 0 : messageStart(text);
    const place = this.#continuation.place(text, document || start > 0);
    if (place === 'blank') this.#open.push(true);
    else if (place === 'further') {
      this.#open.push(false);
      if (this.#further.length < MAX_FURTHER) this.#further.push(text);
    } else {
      this.#close();
      this.#open.push(false);
      this.#head = text;
      this.#start = document ? -1 : start;
    }
  }

  /** The next line is of another stream. */
  newStream(): void {
    this.#close();
    this.#continuation = new Continuation();
  }

  finish(): MinedLines {
    this.#close();
    const bySlot = this.#miner.finish().map((template) => ({ ...template, text: cleanText(template.text) }));
    const lines = this.#lines.subarray(0, this.#length);
    const blank = bySlot[this.#blank] as Template;
    const unique = new Map(bySlot.map((template) => [template.id, template]));
    unique.delete(blank.id);
    return {
      templates: [...unique.values()].filter(({ count }) => count > 0).sort((a, b) => b.count - a.count),
      byLine: function* () {
        for (const slot of lines) yield bySlot[slot] ?? blank;
      },
    };
  }

  /** How many records there were. */
  get records(): number {
    return this.#records;
  }

  #close(): void {
    const slot = this.#head === null ? this.#blank : this.#mine(this.#head);
    for (const blank of this.#open) this.#push(blank ? this.#blank : slot);
    this.#head = null;
    if (this.#further.length > 0) this.#further = [];
    this.#open.length = 0;
  }

  #mine(head: string): number {
    this.#records += 1;
    if (this.#start >= 0) {
      const shape = this.#recent.shapeOf(this.#start === 0 ? head : head.slice(this.#start));
      return this.#miner.addShape(this.#further.length === 0 ? shape : shape + traceShape(this.#further));
    }
    const { text } = readLine(head, 0);
    return this.#miner.addShape(shapeOfText([text, ...this.#further].join('\n').slice(0, MAX_TEXT)));
  }

  #push(slot: number): void {
    if (this.#length === this.#lines.length) {
      const grown = new Uint32Array(this.#lines.length * 2);
      grown.set(this.#lines);
      this.#lines = grown;
    }
    this.#lines[this.#length] = slot;
    this.#length += 1;
  }
}

function isDocument(text: string): boolean {
  const first = text.charCodeAt(0);
  return first === 123 || (first <= 32 && text.trimStart().startsWith('{'));
}
