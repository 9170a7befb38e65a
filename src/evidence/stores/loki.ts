import { failure } from '../../domain/result.ts';
import type { LogStore } from '../log-store.ts';
import { nameOf, readLabels } from '../loki/api.ts';
import { searchLoki } from '../loki/search.ts';
import type { LokiSettings } from '../loki/settings.ts';
import { commonParts } from '../common-parts.ts';

/** Grafana Loki 2.9 and 3 over its HTTP API (grafana.com/docs/loki, "Loki HTTP API"). */
export function createLoki(settings: LokiSettings): LogStore {
  const within = (caller: AbortSignal, ms: number): AbortSignal =>
    AbortSignal.any([caller, AbortSignal.timeout(Math.max(1, Math.floor(ms)))]);
  return {
    ...commonParts(settings),
    // A tenth is kept back for the reading of what came.
    fetch: (query, caller) => searchLoki(settings, query, within(caller, query.budget.timeMs * 0.9)),
    async check(caller) {
      const now = Date.now();
      const known = await readLabels(settings, now - 30 * 86_400_000, now, within(caller, settings.budget.time));
      if (!known.ok) return known;
      if (known.value.length > 0) return { ok: true, detail: `Loki, ${known.value.length} labels in the last 30 days` };
      return failure(
        'not_found',
        `${nameOf(settings)} holds no stream of the last 30 days: see whether anything is shipped there, and whether \`headers: { X-Scope-OrgID: … }\` names the right tenant.`,
      );
    },
    close: async () => undefined,
  };
}
