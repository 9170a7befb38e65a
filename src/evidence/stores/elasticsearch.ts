import { createSearchStore } from '../elasticsearch/search-store.ts';
import type { ElasticsearchSettings } from '../elasticsearch/settings.ts';
import type { LogStore } from '../log-store.ts';

/** Elasticsearch 7.17, 8 and 9 through the official client. */
export function createElasticsearch(settings: ElasticsearchSettings): LogStore {
  return createSearchStore(settings);
}
