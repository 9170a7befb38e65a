import { z } from 'zod';
import type { LogStore } from './log-store.ts';
import { shelter } from './shelter/shelter.ts';
import { elasticsearch } from './stores/elasticsearch.ts';
import { file } from './stores/file.ts';
import { loki } from './stores/loki.ts';
import { opensearch } from './stores/opensearch.ts';

/** Every kind of log store. A new one is a file in `stores/` and a line here. */
export const logStoreKinds = [elasticsearch, file, loki, opensearch] as const;

export const logStoreConfig = z.discriminatedUnion('kind', [
  elasticsearch.config,
  file.config,
  loki.config,
  opensearch.config,
]);
export type LogStoreConfig = z.output<typeof logStoreConfig>;

/** A store of its kind, sheltered from us and we from it. */
export function createLogStore(config: LogStoreConfig): LogStore {
  return shelter(createOne(config));
}

function createOne(config: LogStoreConfig): LogStore {
  switch (config.kind) {
    case 'elasticsearch':
      return elasticsearch.create(config);
    case 'file':
      return file.create(config);
    case 'loki':
      return loki.create(config);
    case 'opensearch':
      return opensearch.create(config);
  }
}
