import { z } from 'zod';
import { alertmanager } from './kinds/alertmanager.ts';
import type { Source } from './source.ts';

/** Every kind of source. A new one is a file in `kinds/` and a line here. */
export const sourceKinds = [alertmanager] as const;

export const sourceConfig = z.discriminatedUnion('kind', [alertmanager.config]);
export type SourceConfig = z.output<typeof sourceConfig>;

export function createSource(config: SourceConfig): Source {
  switch (config.kind) {
    case 'alertmanager':
      return alertmanager.create(config);
  }
}
