import { z } from 'zod';
import { matchers, name } from '../../config/fields.ts';
import { defineExecutor } from '../executor.ts';

const config = z.strictObject({
  name,
  kind: z.literal('command'),
  matchers: matchers.default([]),
  /** Absolute paths: a file, or a folder ending in `/`. */
  allow: z.array(z.string().startsWith('/')).min(1),
});

/** Programs on the bridge's own host. */
export const command = defineExecutor({
  kind: 'command',
  config,
  create() {
    throw new Error('being built');
  },
});
