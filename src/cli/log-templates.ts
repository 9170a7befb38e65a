import { randomBytes } from 'node:crypto';
import { LineMiner, type MinedLines } from '../evidence/mining/line-miner.ts';
import { createRedactor } from '../evidence/redact.ts';
import { readLogLines, type LogInput } from './log-input.ts';

export interface TemplateRequest extends LogInput {
  readonly files: readonly string[];
  readonly format: 'table' | 'json' | 'ndjson';
  /** Whether every line is text, also where it is JSON. */
  readonly raw: boolean;
  readonly write: (text: string) => void;
}

/** Output is written in pieces of about so many characters. */
const PIECE = 65_536;

/**
 * `tierbell logs templates`: nothing is written before the whole input has been read, so that ids and texts are final.
 * Texts are redacted.
 */
export async function printTemplates({ files, format, raw, write, ...input }: TemplateRequest): Promise<void> {
  const miner = new LineMiner(raw);
  for (const file of files) {
    for await (const lines of readLogLines(file, input)) for (const line of lines) miner.add(line);
    miner.newStream();
  }
  const mined = redacted(miner.finish());
  if (format === 'ndjson') writeLines(mined, write);
  else if (format === 'json') write(`${JSON.stringify(mined.templates, null, 2)}\n`);
  else write(table(mined));
}

/** A secret that every line holds is part of the template. */
function redacted({ templates, byLine }: MinedLines): MinedLines {
  const redact = createRedactor(randomBytes(32));
  const texts = new Map(templates.map(({ id, text }) => [id, redact(text)]));
  return {
    templates: templates.map((template) => ({ ...template, text: texts.get(template.id) ?? '' })),
    *byLine() {
      for (const template of byLine()) yield { ...template, text: texts.get(template.id) ?? template.text };
    },
  };
}

function writeLines({ byLine }: MinedLines, write: (text: string) => void): void {
  const printed = new Map<string, string>();
  let piece = '';
  let line = 0;
  for (const { id, text } of byLine()) {
    line += 1;
    const rest = printed.get(id) ?? JSON.stringify({ template: id, text }).slice(1);
    printed.set(id, rest);
    piece += `{"line":${line},${rest}\n`;
    if (piece.length >= PIECE) {
      write(piece);
      piece = '';
    }
  }
  if (piece !== '') write(piece);
}

function table({ templates }: MinedLines): string {
  const width = String(templates[0]?.count ?? '').length;
  const rows = templates.map(
    ({ id, text, count }) =>
      `${String(count).padStart(Math.max(width, 5))}  ${id}  ${text.replaceAll('\n', '\n                     ')}`,
  );
  return [`${'COUNT'.padStart(Math.max(width, 5))}  ${'ID'.padEnd(12)}  TEMPLATE`, ...rows, ''].join('\n');
}
