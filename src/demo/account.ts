import { cleanText } from '../domain/text.ts';

/** Where the account is written: its width in characters, and whether it may have colours. */
export interface Paper {
  readonly width: number;
  readonly colours: boolean;
  write(text: string): void;
}

const MARGIN = 2;
/** Where the text of a step begins. */
const TEXT_AT = 17;
/** SGR codes of ECMA-48. */
const STYLE = { bold: '1', dim: '2', red: '31', green: '32', cyan: '36' } as const;

/** What a newcomer reads: each step, and whether it came out as told. */
export class Account {
  readonly #paper: Paper;
  #steps = 0;
  #failed = 0;

  constructor(paper: Paper) {
    this.#paper = paper;
  }

  get steps(): number {
    return this.#steps;
  }

  get failed(): number {
    return this.#failed;
  }

  heading(text: string): void {
    const title = `── ${text} `;
    this.#line(0, '');
    this.#line(0, this.#style('bold', title.padEnd(this.#paper.width, '─')));
  }

  /** A paragraph. */
  say(text: string): void {
    for (const line of this.#wrap(text, MARGIN)) this.#line(MARGIN, line);
  }

  blank(): void {
    this.#line(0, '');
  }

  /** A command, a path or an address: never broken, so that it can be copied. */
  plain(text: string): void {
    this.#line(MARGIN * 2, this.#style('cyan', cleanText(text)));
  }

  /** A line of the outcome, under a name or below the one above; a path in it is not broken. */
  row(name: string, text: string): void {
    this.#line(MARGIN, `${this.#style('bold', name.padEnd(7))}${cleanText(text)}`);
  }

  /** A step; `otherwise` says what came instead where it did not come out as told. */
  step(label: string, asTold: boolean, text: string, otherwise: string): void {
    this.#steps += 1;
    if (!asTold) this.#failed += 1;
    const mark = asTold ? this.#style('green', '✓') : this.#style('red', '✗');
    const [first = '', ...rest] = this.#wrap(asTold ? text : `NOT AS TOLD: ${otherwise}`, TEXT_AT);
    const name = this.#style('bold', label.padEnd(TEXT_AT - MARGIN - 2));
    this.#line(MARGIN, `${mark} ${name}${first}`);
    for (const line of rest) this.#line(TEXT_AT, line);
  }

  /** What is quoted below a step: a log line, a program's output, a message. At most `most` lines. */
  quote(text: string, most = 4): void {
    if (text.trim() === '') return;
    const lines = text
      .trimEnd()
      .split('\n')
      .flatMap((line) => this.#wrap(line.replace(/^\s+/, ''), TEXT_AT + 2));
    const last = lines[most - 1]?.slice(0, this.#paper.width - TEXT_AT - ' …'.length - 2);
    const shown = lines.length > most ? [...lines.slice(0, most - 1), `${last} …`] : lines;
    for (const line of shown) this.#line(TEXT_AT, this.#style('dim', `│ ${line}`));
  }

  /** As {@link plain}, below a step. */
  copy(text: string): void {
    this.#line(TEXT_AT, this.#style('cyan', cleanText(text)));
  }

  #wrap(text: string, indent: number): string[] {
    return wrap(cleanText(text), Math.max(20, this.#paper.width - indent));
  }

  #line(indent: number, text: string): void {
    this.#paper.write(`${`${' '.repeat(indent)}${text}`.trimEnd()}\n`);
  }

  #style(style: keyof typeof STYLE, text: string): string {
    return this.#paper.colours ? `\u001b[${STYLE[style]}m${text}\u001b[0m` : text;
  }
}

/** Lines of at most `width` characters, broken at blanks where there are any. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
    for (; line.length > width; line = line.slice(width)) lines.push(line.slice(0, width));
  }
  return [...lines, line];
}
