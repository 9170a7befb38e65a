import { createSearchStore } from '../elasticsearch/search-store.ts';
import { opensearchSettings } from '../elasticsearch/settings.ts';
import { defineLogStore } from '../log-store.ts';

/** OpenSearch 1 to 3, which took over the search API of Elasticsearch 7.10. */
export const opensearch = defineLogStore({
  kind: 'opensearch',
  config: opensearchSettings,
  create: (settings) => createSearchStore({ ...settings, compatibility: 7 }),
});
