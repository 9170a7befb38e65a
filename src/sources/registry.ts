import { z } from 'zod';
import { alertmanager } from './kinds/alertmanager.ts';
import type { Source, SourceContext } from './source.ts';

/** Every kind of source. A new one is a file in `kinds/` and a line here. */
export const sourceKinds = [alertmanager] as const;

export const sourceConfig = z.discriminatedUnion('kind', [alertmanager.config]);
export type SourceConfig = z.output<typeof sourceConfig>;

/** @param context for secrets in files: a thread that only parses, and never authenticates, may leave it out */
export function createSource(config: SourceConfig, context: SourceContext = parsingOnly): Source {
  switch (config.kind) {
    case 'alertmanager':
      return alertmanager.create(config, context);
  }
}

const parsingOnly: SourceContext = { now: Date.now, warn: () => undefined };
