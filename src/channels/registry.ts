import { z } from 'zod';
import type { Channel } from './channel.ts';
import { email } from './kinds/email.ts';
import { slack } from './kinds/slack.ts';
import { webhook } from './kinds/webhook.ts';

/** Every kind of channel. A new one is a file in `kinds/` and a line here. */
export const channelKinds = [email, slack, webhook] as const;

export const channelConfig = z.discriminatedUnion('kind', [email.config, slack.config, webhook.config]);
export type ChannelConfig = z.output<typeof channelConfig>;

export function createChannel(config: ChannelConfig): Channel {
  switch (config.kind) {
    case 'email':
      return email.create(config);
    case 'slack':
      return slack.create(config);
    case 'webhook':
      return webhook.create(config);
  }
}
