import { resolve } from 'node:path';
import { cleanLine } from '../domain/text.ts';
import { openLog, splitLines } from '../evidence/file/open-log.ts';
import { toUtf8 } from '../evidence/file/to-utf8.ts';
import { CliError } from './terminal.ts';

export interface LogInput {
  readonly cwd: string;
  /** Standard input, for the file `-`. */
  readonly stdin: () => AsyncIterable<Uint8Array>;
}

/** The lines of a file, many at a time. Throws a {@link CliError} where it cannot be read to its end. */
export async function* readLogLines(file: string, { cwd, stdin }: LogInput): AsyncGenerator<string[]> {
  try {
    yield* splitLines(toUtf8(openLog(file === '-' ? stdin() : resolve(cwd, file))));
  } catch (error) {
    const reason = explain(error as NodeJS.ErrnoException);
    throw new CliError(`${file}: cannot be read whole: ${reason}`);
  }
}

function explain(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EACCES':
    case 'EPERM':
      return 'this user may not read it';
    case 'EISDIR':
      return 'it is a folder; name the files in it';
    case 'Z_BUF_ERROR':
      return 'it is cut short, before the compressed data end; fetch it again';
    default:
      return error.code?.startsWith('Z') === true
        ? `its compressed data are damaged (${cleanLine(error.message)}); fetch it again`
        : cleanLine(error.message);
  }
}
