/** The process as verbs see it. Results go to standard output alone, everything else to standard error. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly pid: number;
  readonly version: string;
  readonly nodeVersion: string;
  /** Characters a line of standard output; null where it is no terminal. */
  readonly columns: number | null;
  write(text: string): void;
  writeError(text: string): void;
  /** All of standard input. */
  stdin(): Promise<Uint8Array>;
  /** Standard input as it comes. */
  stdinChunks(): AsyncIterable<Uint8Array>;
  /** Calls once for SIGTERM or SIGINT. */
  onStop(stop: (signal: string) => void): void;
  /** Calls for each SIGHUP. */
  onReload(reload: () => void): void;
  /** Everything is loaded: from here on memory may grow with the work. */
  settled(): void;
  exit(status: number): void;
}

/** Something is wrong that the caller must mend: one sentence, and the exit status (1 failed, 2 wrong usage). */
export class CliError extends Error {
  readonly status: number;
  constructor(message: string, status = 1) {
    super(message);
    this.status = status;
  }
}
