import { createSearchStore } from '../elasticsearch/search-store.ts';
import { elasticsearchSettings } from '../elasticsearch/settings.ts';
import { defineLogStore } from '../log-store.ts';

/** Elasticsearch 7.17, 8 and 9 through the official client. */
export const elasticsearch = defineLogStore({
  kind: 'elasticsearch',
  config: elasticsearchSettings,
  create: createSearchStore,
});
