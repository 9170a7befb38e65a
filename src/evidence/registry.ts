import { z } from 'zod';
import type { LogStore } from './log-store.ts';
import { elasticsearch } from './stores/elasticsearch.ts';
import { file } from './stores/file.ts';

/** Every kind of log store. A new one is a file in `stores/` and a line here. */
export const logStoreKinds = [elasticsearch, file] as const;

export const logStoreConfig = z.discriminatedUnion('kind', [elasticsearch.config, file.config]);
export type LogStoreConfig = z.output<typeof logStoreConfig>;

export function createLogStore(config: LogStoreConfig): LogStore {
  switch (config.kind) {
    case 'elasticsearch':
      return elasticsearch.create(config);
    case 'file':
      return file.create(config);
  }
}
