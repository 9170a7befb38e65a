import type { LogStore } from './log-store.ts';
import type { LogStoreConfig } from './registry.ts';
import { shelter } from './shelter/shelter.ts';
import { createElasticsearch } from './stores/elasticsearch.ts';
import { createFileStore } from './stores/file.ts';
import { createLoki } from './stores/loki.ts';
import { createOpensearch } from './stores/opensearch.ts';

/**
 * A store of its kind, sheltered from us and we from it. Nothing that is loaded from here knows of schemas: the thread
 * that reads logs comes and goes, and would be 15 MB larger by them.
 */
export function createLogStore(config: LogStoreConfig): LogStore {
  return shelter(createOne(config));
}

function createOne(config: LogStoreConfig): LogStore {
  switch (config.kind) {
    case 'elasticsearch':
      return createElasticsearch(config);
    case 'file':
      return createFileStore(config);
    case 'loki':
      return createLoki(config);
    case 'opensearch':
      return createOpensearch(config);
  }
}
