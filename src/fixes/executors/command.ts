import { z } from 'zod';
import { matchers, name } from '../../config/fields.ts';
import { matchesAll, parseMatcher } from '../../domain/matcher.ts';
import { allowProgram } from '../allowed-program.ts';
import { defineExecutor, type RunResult } from '../executor.ts';
import { runProcess } from '../run-process.ts';

const config = z.strictObject({
  name,
  kind: z.literal('command'),
  matchers: matchers.default([]),
  allow: z.array(z.string().startsWith('/')).min(1).describe('Absolute paths: a file, or a folder ending in /'),
});

/** Between TERM and KILL; a take-over by another replica waits for it too. */
export const KILL_GRACE_MS = 10_000;

/** Programs on the bridge's own host: an argv, no shell, nothing of the bridge's own environment. */
export const command = defineExecutor({
  kind: 'command',
  config,
  create({ name, kind, matchers, allow }, { redact } = {}) {
    const compiled = matchers.map(parseMatcher);
    return {
      name,
      kind,
      serves: (labels) => matchesAll(compiled, labels),
      refuses(action) {
        if (action.kind !== 'command') return NOT_MINE;
        const { argv } = action;
        const allowance = allowProgram(argv[0] ?? '', allow);
        return allowance.ok ? null : allowance.reason;
      },
      async run(action, attempt, signal) {
        if (action.kind !== 'command') return notStarted(NOT_MINE);
        const { argv, timeoutMs } = action;
        const allowance = allowProgram(argv[0] ?? '', allow);
        if (!allowance.ok) return notStarted(allowance.reason);
        if (allowance.file === null)
          return notStarted(`there is no program ${argv[0]}; install it on the bridge's host`);
        if (signal.aborted) return notStarted('it was called off before it started');
        const env = environment(attempt);
        return runProcess({ file: allowance.file, argv, env, timeoutMs, graceMs: KILL_GRACE_MS, redact }, signal);
      },
    };
  },
});

const NOT_MINE = 'this executor runs commands only; name another one';

function environment({ id, fence }: { id: string; fence: number }): Record<string, string> {
  return { PATH: '/usr/bin:/bin', LANG: 'C', TIERBELL_ATTEMPT: id, TIERBELL_FENCE: String(fence) };
}

function notStarted(reason: string): RunResult {
  return { state: 'failed', exitCode: null, output: '', reason: `not started: ${reason}` };
}
