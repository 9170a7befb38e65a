import { createSearchStore } from '../elasticsearch/search-store.ts';
import type { OpensearchSettings } from '../elasticsearch/settings.ts';
import type { LogStore } from '../log-store.ts';

/** OpenSearch 1 to 3, which took over the search API of Elasticsearch 7.10. */
export function createOpensearch(settings: OpensearchSettings): LogStore {
  return createSearchStore({ ...settings, compatibility: 7 });
}
