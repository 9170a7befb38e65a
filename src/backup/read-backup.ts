import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import type { z } from 'zod';
import { BACKUP_TABLES, FORMAT, header, section, trailer, type Header, type Row, type Trailer } from './format.ts';

/** A backup that is not used, with the reason as a sentence. */
export class BadBackup extends Error {
  override readonly name = 'BadBackup';
}

export interface BackupRows {
  readonly table: string;
  readonly rows: readonly Row[];
}

/** Rows, and characters of lines, that are handed on at once. */
const ROWS = 200;
const CHARACTERS = 4 * 1024 * 1024;
/** Far more than the largest delivery in base64; what is longer is no backup. */
const LONGEST_LINE = 256 * 1024 * 1024;

/**
 * Reads a backup through, some rows at a time, and only then says that all of it was there and unchanged.
 * @param onHeader called first
 * @returns what its last line says
 * @throws BadBackup where it is none, was cut off or edited, or is of another format
 */
export async function* readBackup(
  file: string,
  onHeader: (header: Header) => void,
): AsyncGenerator<BackupRows, Trailer> {
  const reading = new Reading();
  for await (const line of linesOf(file)) {
    if (reading.trailer !== null) throw new BadBackup('there is something after its end: it was edited');
    const full = reading.take(line);
    if (reading.header !== null && reading.lines === 1) onHeader(reading.header);
    if (full !== null) yield full;
  }
  if (reading.trailer === null) throw cutOff();
  return reading.trailer;
}

/** What the lines so far said. */
class Reading {
  readonly #hash: Hash = createHash('sha256');
  readonly #counts: Record<string, number> = {};
  header: Header | null = null;
  trailer: Trailer | null = null;
  lines = 0;
  #section: {
    readonly name: string;
    readonly columns: readonly string[];
    readonly binary: ReadonlySet<string>;
  } | null = null;
  #rows: Row[] = [];
  #characters = 0;

  /** @returns rows, where enough came together */
  take(line: Buffer): BackupRows | null {
    this.lines += 1;
    const text = line.toString('utf8');
    const value = parse(text);
    if (this.header === null) return this.#begin(line, value);
    if (Array.isArray(value)) {
      this.#count(line);
      return this.#row(value, text.length);
    }
    const rows = this.#takeRows();
    if (value !== null && typeof value === 'object' && 'end' in value) {
      this.#finish(checked(trailer, value).end);
      return rows;
    }
    this.#count(line);
    const { table, columns } = checked(section, value);
    this.#section = { name: table, columns, binary: binaryOf(table) };
    this.#counts[table] ??= 0;
    return rows;
  }

  #begin(line: Buffer, value: unknown): null {
    const found = header.safeParse(value);
    if (!found.success) throw new BadBackup('it is no backup of Tierbell (make one with tierbell db backup)');
    if (found.data.format > FORMAT)
      throw new BadBackup(
        `it is of format ${found.data.format}, this Tierbell knows ${FORMAT}: restore it with Tierbell ${found.data.version} or later`,
      );
    this.header = found.data;
    this.#count(line);
    return null;
  }

  #row(values: readonly unknown[], characters: number): BackupRows | null {
    const current = this.#section;
    if (current === null || values.length !== current.columns.length) throw edited(this.lines);
    this.#rows.push(rowOf(current.columns, current.binary, values));
    this.#counts[current.name] = (this.#counts[current.name] ?? 0) + 1;
    this.#characters += characters;
    return this.#rows.length >= ROWS || this.#characters >= CHARACTERS ? this.#takeRows() : null;
  }

  #takeRows(): BackupRows | null {
    const rows = this.#rows;
    this.#rows = [];
    this.#characters = 0;
    return rows.length === 0 ? null : { table: this.#section?.name ?? '', rows };
  }

  #finish(end: Trailer): void {
    if (this.#hash.digest('hex') !== end.sha256)
      throw new BadBackup('it is not as it was written: its SHA-256 differs, so it was edited or damaged');
    for (const [table, count] of Object.entries(end.rows))
      if ((this.#counts[table] ?? 0) !== count) throw edited(this.lines);
    this.trailer = end;
  }

  #count(line: Buffer): void {
    this.#hash.update(line);
    this.#hash.update('\n');
  }
}

function binaryOf(table: string): ReadonlySet<string> {
  return new Set(BACKUP_TABLES.find(({ name }) => name === table)?.binary);
}

function rowOf(columns: readonly string[], binary: ReadonlySet<string>, values: readonly unknown[]): Row {
  const row: Record<string, unknown> = {};
  for (const [index, column] of columns.entries()) {
    const value = values[index];
    row[column] = binary.has(column) && typeof value === 'string' ? Buffer.from(value, 'base64') : value;
  }
  return row;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const found = schema.safeParse(value);
  if (found.success) return found.data;
  throw new BadBackup('it was edited, or is damaged: a line in it is none of ours');
}

function edited(line: number): BadBackup {
  return new BadBackup(`it was edited, or is damaged (line ${line})`);
}

function cutOff(): BadBackup {
  return new BadBackup('it is cut off: its end is missing');
}

/** @throws BadBackup */
async function* linesOf(file: string): AsyncGenerator<Buffer> {
  const unzipped = createReadStream(file)
    .on('error', (error) => unzipped.destroy(error))
    .pipe(createGunzip());
  let begun: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of unzipped as AsyncIterable<Buffer>) {
      let from = 0;
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
        const rest = chunk.subarray(from, end);
        yield begun.length === 0 ? rest : Buffer.concat([...begun, rest]);
        begun = [];
        length = 0;
        from = end + 1;
      }
      begun.push(chunk.subarray(from));
      length += chunk.length - from;
      if (length > LONGEST_LINE) throw new BadBackup('it was edited, or is damaged: a line in it has no end');
    }
  } catch (error) {
    throw asBadBackup(error);
  }
  if (length > 0) throw cutOff();
}

function asBadBackup(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'Z_BUF_ERROR') return cutOff();
  if (code === 'Z_DATA_ERROR') return new BadBackup('it is no gzip, or is damaged');
  if (code === 'ENOENT') return new BadBackup('there is no such file');
  if (code === 'EISDIR') return new BadBackup('it is a folder, not a file');
  if (code === 'EACCES') return new BadBackup('it may not be read by this user');
  return error;
}
