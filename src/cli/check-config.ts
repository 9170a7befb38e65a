import { access, constants } from 'node:fs/promises';
import { loadConfig } from '../config/load.ts';
import { notesOn } from '../config/notes.ts';
import { renderProblem } from '../config/problem.ts';
import type { Config } from '../config/schema.ts';

/** What reaching one source, store, executor or channel gave. */
export interface ProbeResult {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

export interface CheckConfigOptions {
  readonly file: string;
  readonly online: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A line for standard output. */
  readonly write: (line: string) => void;
  /** A line for standard error. */
  readonly writeError: (line: string) => void;
  /** Reaches everything that is configured without sending anything to people. */
  readonly probe?: (config: Config) => Promise<readonly ProbeResult[]>;
}

/**
 * `tierbell check-config [--online]`: every problem of every file on standard error, or one line of what was found.
 * @returns the exit status: 0 right, 1 something is wrong, 2 asked for what this version cannot do
 */
export async function checkConfig(options: CheckConfigOptions): Promise<0 | 1 | 2> {
  const { file, env, write, writeError } = options;
  if (options.online && options.probe === undefined) {
    writeError('check-config: `--online` is not built yet in this version; run it without');
    return 2;
  }
  const result = await loadConfig({ file, env, accessSecret: (path) => access(path, constants.R_OK) });
  if (!result.ok) {
    for (const problem of result.problems) writeError(renderProblem(problem));
    return 1;
  }
  write(`${file}: ok (${summarise(result.config)})`);
  const { shadow } = result.config;
  if (shadow !== undefined) write(`${file}: shadow ${shadow.rules}: ok (${summarise(shadow.config)})`);
  for (const note of notesOn(result.config)) write(`${file}: note: ${note}`);
  if (!options.online || options.probe === undefined) return 0;
  return report(await options.probe(result.config), options);
}

function report(probed: readonly ProbeResult[], { write, writeError }: CheckConfigOptions): 0 | 1 {
  for (const { name, ok, detail } of probed) (ok ? write : writeError)(`${name}: ${ok ? 'ok' : 'failed'}: ${detail}`);
  return probed.every(({ ok }) => ok) ? 0 : 1;
}

/** `1 source, 2 channels, …`; what there is none of is left out. */
function summarise(config: Config): string {
  const counts: readonly (readonly [number, string, string])[] = [
    [config.sources.length, 'source', 'sources'],
    [config.logs.length, 'log store', 'log stores'],
    [config.metrics.length, 'metrics source', 'metrics sources'],
    [config.executors.length, 'executor', 'executors'],
    [config.channels.length, 'channel', 'channels'],
    [config.teams.length, 'team', 'teams'],
    [config.people.length, 'person', 'people'],
    [config.services.length, 'service', 'services'],
    [config.categories.length, 'category rule', 'category rules'],
    [config.known_fixes.length, 'known fix', 'known fixes'],
    [config.escalation_policies.length, 'escalation policy', 'escalation policies'],
    [config.procedures.length, 'procedure', 'procedures'],
  ];
  return counts
    .filter(([count]) => count > 0)
    .map(([count, one, many]) => `${count} ${count === 1 ? one : many}`)
    .join(', ');
}
