import { z } from 'zod';
import type { MetricsSource } from './metrics-source.ts';
import { prometheus } from './kinds/prometheus.ts';

/** Every kind of metrics source. A new one is a file in `kinds/` and a line here. */
export const metricsSourceKinds = [prometheus] as const;

export const metricsSourceConfig = z.discriminatedUnion('kind', [prometheus.config]);
export type MetricsSourceConfig = z.output<typeof metricsSourceConfig>;

export function createMetricsSource(config: MetricsSourceConfig): MetricsSource {
  switch (config.kind) {
    case 'prometheus':
      return prometheus.create(config);
  }
}
