import { z } from 'zod';
import { alertmanager } from './kinds/alertmanager.ts';
import { change } from './kinds/change.ts';
import { grafana } from './kinds/grafana.ts';
import { prometheus } from './kinds/prometheus.ts';
import type { Source, SourceContext } from './source.ts';

/** Every kind of source. A new one is a file in `kinds/` and a line in each of the three places here. */
export const sourceKinds = [alertmanager, grafana, prometheus, change] as const;

export const sourceConfig = z.discriminatedUnion('kind', [
  alertmanager.config,
  grafana.config,
  prometheus.config,
  change.config,
]);
export type SourceConfig = z.output<typeof sourceConfig>;

/** @param context for secrets in files: a thread that only parses, and never authenticates, may leave it out */
export function createSource(config: SourceConfig, context: SourceContext = parsingOnly): Source {
  switch (config.kind) {
    case 'alertmanager':
      return alertmanager.create(config, context);
    case 'grafana':
      return grafana.create(config, context);
    case 'prometheus':
      return prometheus.create(config, context);
    case 'change':
      return change.create(config, context);
  }
}

const parsingOnly: SourceContext = { now: Date.now, warn: () => undefined };
