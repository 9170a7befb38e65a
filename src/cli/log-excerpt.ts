import { randomBytes } from 'node:crypto';
import { explainFiles, type FileExcerpt, type FileRecords } from '../evidence/file-excerpt.ts';
import { RecordReader } from '../evidence/file/read-records.ts';
import { createRedactor } from '../evidence/redact.ts';
import { readLogLines, type LogInput } from './log-input.ts';

export interface ExcerptRequest extends LogInput {
  readonly files: readonly string[];
  /** Files of a usual time; empty where there are none. */
  readonly baselines: readonly string[];
  /** When it was noticed. Epoch milliseconds. */
  readonly at: number | null;
  readonly service: string | null;
  readonly lines: number;
  readonly templates: number;
  readonly format: 'table' | 'json';
  readonly raw: boolean;
  readonly now: number;
  readonly write: (text: string) => void;
}

/** `tierbell logs excerpt`: what changed, or what a log by itself says about its end. */
export async function printExcerpt(request: ExcerptRequest): Promise<void> {
  const { files, baselines, at, service, format, write } = request;
  const excerpt = explainFiles(
    {
      incident: await readFiles(files, request),
      baseline: baselines.length === 0 ? null : await readFiles(baselines, request),
      at,
      service,
    },
    request,
    createRedactor(randomBytes(32)),
  );
  write(format === 'json' ? `${JSON.stringify(excerpt, null, 2)}\n` : table(excerpt));
}

async function readFiles(files: readonly string[], request: ExcerptRequest): Promise<FileRecords> {
  const reader = new RecordReader(request);
  for (const file of files) {
    for await (const lines of readLogLines(file, request)) for (const line of lines) reader.add(line);
    reader.newFile();
  }
  return reader.finish();
}

function table({ state, reason, lines, templates }: FileExcerpt): string {
  const rows = templates.map(
    ({ class: change, observed, expected, level, service, text }) =>
      `${change.padEnd(4)} ${String(observed).padStart(8)} ${String(expected).padStart(8)}  ${level.padEnd(5)} ${service === '' ? '' : `${service}  `}${indent(text)}`,
  );
  const shown = lines.map(
    ({ line, class: change, text }) => `${String(line).padStart(8)}  ${change.padEnd(4)}  ${indent(text)}`,
  );
  return [
    `${state}: ${reason}`,
    ...(rows.length === 0 ? [] : ['', `CLASS    SEEN EXPECTED  TEMPLATE`, ...rows]),
    ...(shown.length === 0 ? [] : ['', '    LINE  CLASS TEXT', ...shown]),
    '',
  ].join('\n');
}

function indent(text: string): string {
  return text.replaceAll('\n', '\n              ');
}
