import { z } from 'zod';
import { elasticsearchSettings, opensearchSettings } from './elasticsearch/settings.ts';
import { fileSettings } from './file/settings.ts';
import { lokiSettings } from './loki/settings.ts';

/** Every kind of log store, by its settings. A new one is a line here, a file in `stores/`, and a line in create-log-store.ts. */
export const logStoreConfig = z.discriminatedUnion('kind', [
  elasticsearchSettings,
  fileSettings,
  lokiSettings,
  opensearchSettings,
]);
export type LogStoreConfig = z.output<typeof logStoreConfig>;

export const logStoreKinds = logStoreConfig.options.map((config) => ({ kind: config.shape.kind.value, config }));
