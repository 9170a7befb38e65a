import { z } from 'zod';
import { statuspage } from './kinds/statuspage.ts';
import type { Provider } from './provider.ts';

/** Every kind of provider. A new one is a file in `kinds/` and a line here. */
export const providerKinds = [statuspage] as const;

export const providerConfig = z.discriminatedUnion('kind', [statuspage.config]);
export type ProviderConfig = z.output<typeof providerConfig>;

export function createProvider(config: ProviderConfig): Provider {
  switch (config.kind) {
    case 'statuspage':
      return statuspage.create(config);
  }
}
