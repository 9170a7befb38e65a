import type { Channel } from '../channels/channel.ts';
import { createChannel } from '../channels/registry.ts';
import type { Config } from '../config/schema.ts';
import type { Collector } from '../evidence/collector.ts';
import { startCollector } from '../evidence/thread/start-collector.ts';
import { createRedactor } from '../evidence/redact.ts';
import type { Executor } from '../fixes/executor.ts';
import type { CompiledFix } from '../fixes/fix.ts';
import { createExecutor } from '../fixes/registry.ts';
import { compileFixes } from '../fixes/select-fix.ts';
import { compileConfidentiality, type Confidentiality } from '../incidents/confidential.ts';
import type { Rules } from '../incidents/rules.ts';
import type { MetricsSource } from '../metrics/metrics-source.ts';
import { createMetricsSource } from '../metrics/registry.ts';
import type { Provider } from '../providers/provider.ts';
import { createProvider } from '../providers/registry.ts';
import { compileRules } from '../rules.ts';
import { createSource } from '../sources/registry.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Source } from '../sources/source.ts';

/** Everything in the store worker that follows from the configuration: exchanged whole by a reload. */
export interface Plugins {
  readonly rules: Rules;
  readonly fixes: readonly CompiledFix[];
  readonly sources: ReadonlyMap<string, Source>;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly logs: Collector;
  readonly executors: readonly Executor[];
  readonly metricsSources: readonly MetricsSource[];
  readonly providers: readonly Provider[];
  /** Who reads a message on a channel, as their acknowledgement will name them. */
  readonly readerOf: (channel: string, recipient: string) => string;
  readonly mayCarry: Confidentiality['mayCarry'];
  readonly holds: Confidentiality['holds'];
  close(): Promise<void>;
}

/**
 * Makes all of them. @throws Error where one cannot be made; then nothing was changed
 * @param secret the key by which secrets in texts are replaced
 */
export function openPlugins(config: Config, secret: Uint8Array, log: Logger): Plugins {
  const redact = createRedactor(secret);
  const fixes = compileFixes(config.known_fixes);
  const channels = new Map(config.channels.map((channel) => [channel.name, createChannel(channel)]));
  const tell = ({ message, stack }: Error): void =>
    log.error('the thread that reads logs broke; the others go on', {
      error: redact(message),
      stack: redact(stack ?? ''),
    });
  const logs = startCollector({ stores: config.logs, secret }, { tell });
  return {
    ...{ fixes, channels, logs },
    rules: compileRules(config, fixes),
    sources: new Map(config.sources.map((source) => [source.name, createSource(source)])),
    executors: config.executors.map((one) => createExecutor(one, { redact })),
    metricsSources: config.metrics.map((one) => createMetricsSource(one)),
    providers: config.providers.map((one) => createProvider(one)),
    readerOf: readerFrom(config),
    ...compileConfidentiality(config.teams),
    async close() {
      await Promise.allSettled([...channels.values(), logs].map((part) => part.close()));
    },
  };
}

/** Mail goes to addresses: those are who acknowledges by its link. Elsewhere the name in the policy is all there is. */
function readerFrom(config: Config): Plugins['readerOf'] {
  const mail = new Map(
    config.channels.flatMap((channel) =>
      channel.kind === 'email' ? [[channel.name, channel.to.join(', ')] as const] : [],
    ),
  );
  return (channel, recipient) => mail.get(channel) ?? recipient;
}
