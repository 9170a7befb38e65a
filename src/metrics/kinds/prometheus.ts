import { z } from 'zod';
import { dialling, httpAddress, matchers, name } from '../../config/fields.ts';
import { defineMetricsSource } from '../metrics-source.ts';

const config = z.strictObject({
  name,
  kind: z.literal('prometheus'),
  matchers: matchers.default([]),
  url: httpAddress,
  ...dialling,
});

/** Prometheus' HTTP API, and all that speak it. */
export const prometheus = defineMetricsSource({
  kind: 'prometheus',
  config,
  create() {
    throw new Error('being built');
  },
});
