import { runCli } from '../../src/cli/cli.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

/** A terminal that keeps what is said. */
export function captureTerminal(): { readonly terminal: Terminal; readonly said: { out: string; err: string } } {
  const said = { out: '', err: '' };
  const terminal: Terminal = {
    ...{ env: {}, cwd: '.', pid: 1, version: '0', nodeVersion: '24', columns: null },
    write: (text) => void (said.out += text),
    writeError: (text) => void (said.err += text),
    stdin: async () => new Uint8Array(),
    stdinChunks: () => {
      throw new Error('nobody types here');
    },
    ...{ onStop: () => {}, onReload: () => {}, settled: () => {}, exit: () => {} },
  };
  return { terminal, said };
}

/** Runs `tierbell …` as it is typed, in this process. */
export async function typed(
  ...args: string[]
): Promise<{ readonly status: number | null; readonly out: string; readonly err: string }> {
  const { terminal, said } = captureTerminal();
  return { status: await runCli(args, terminal), ...said };
}
