import type { z } from 'zod';
import { matchesAll, parseMatcher } from '../domain/matcher.ts';
import type { logBudget, logScope } from './common-settings.ts';
import type { LogStore } from './log-store.ts';
import { scopeLabels } from './scope.ts';

interface CommonSettings {
  readonly name: string;
  readonly kind: string;
  readonly matchers: readonly string[];
  readonly scope?: z.output<typeof logScope>;
  readonly budget: z.output<typeof logBudget>;
  readonly redact_addresses: boolean;
}

/** The part of a log store that follows from these settings alone. */
export function commonParts({
  name,
  kind,
  matchers,
  scope,
  budget: { time: timeMs, ...budget },
  redact_addresses: hidesAddresses,
}: CommonSettings): Pick<LogStore, 'name' | 'kind' | 'serves' | 'scopeLabels' | 'budget' | 'hidesAddresses'> {
  const parsed = matchers.map(parseMatcher);
  return {
    name,
    kind,
    serves: (labels) => matchesAll(parsed, labels),
    scopeLabels: scopeLabels(scope),
    budget: { timeMs, ...budget },
    hidesAddresses,
  };
}
