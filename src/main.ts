import { readFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import { setFlagsFromString } from 'node:v8';
import { runCli } from './cli/cli.ts';
import { writeFully } from './write-fully.ts';
import type { Terminal } from './cli/terminal.ts';

/** argv, environment, signals, exit codes: the only user of the process (with `bin.ts`, its door). */
export async function main(): Promise<void> {
  const terminal: Terminal = {
    env: process.env,
    cwd: process.cwd(),
    pid: process.pid,
    nodeVersion: process.versions.node,
    columns: isatty(1) ? process.stdout.columns : null,
    version: readVersion(),
    // A reader that has gone, as under `| head`, has had enough.
    write: (text) => void (writeFully(1, text) || process.exit(0)),
    writeError: (text) => void writeFully(2, text),
    stdin: async () => Buffer.concat(await process.stdin.toArray()),
    stdinChunks: () => process.stdin,
    onStop(stop) {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop(signal));
    },
    onReload: (reload) => void process.on('SIGHUP', reload),
    settled: () => setFlagsFromString('--semi-space-growth-factor=2'),
    exit: (status) => process.exit(status),
  };
  process.on('uncaughtException', (error) => {
    terminal.writeError(`tierbell: a bug ended this process: ${error.stack ?? error.message}\n`);
    process.exit(1);
  });
  const status = await runCli(process.argv.slice(2), terminal);
  // Threads and files that a failed start left open must not keep it alive; all output was written already.
  if (status !== null) process.exit(status);
}

function readVersion(): string {
  const file = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
