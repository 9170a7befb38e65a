import type { Config } from '../config/schema.ts';
import type { CompiledFix } from '../fixes/fix.ts';
import { compileFixes } from '../fixes/select-fix.ts';
import type { Rules } from '../incidents/rules.ts';
import { compileRules } from '../rules.ts';
import { stagedExecutors } from './fix-stage.ts';

/** A configuration, compiled once for all stories that are played under it. */
export interface Stage {
  readonly config: Config;
  readonly rules: Rules;
  readonly fixes: readonly CompiledFix[];
  readonly executors: ReturnType<typeof stagedExecutors>;
}

export function stageOf(config: Config): Stage {
  const fixes = compileFixes(config.known_fixes);
  return { config, fixes, rules: compileRules(config, fixes), executors: stagedExecutors(config) };
}
