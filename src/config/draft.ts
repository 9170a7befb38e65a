import type { z } from 'zod';
import { channelConfig, type ChannelConfig } from '../channels/registry.ts';
import { logStoreConfig, type LogStoreConfig } from '../evidence/registry.ts';
import { executorConfig, type ExecutorConfig } from '../fixes/registry.ts';
import { metricsSourceConfig, type MetricsSourceConfig } from '../metrics/registry.ts';
import { providerConfig, type ProviderConfig } from '../providers/registry.ts';
import { sourceConfig, type SourceConfig } from '../sources/registry.ts';
import type { Path } from './problem.ts';
import {
  categoryRule,
  escalationPolicy,
  knownFix,
  type CategoryRule,
  type EscalationPolicy,
  type KnownFix,
  procedure,
  type Procedure,
  service,
  type ServiceEntry,
} from './rules-schema.ts';
import { person, team, type Person, type Team } from './schema.ts';
import { valueAt, type YamlFile } from './yaml-file.ts';

/** One element of a section, and where it stands. */
export interface Item<T> {
  /** Its `name` or `id`; null where it has none that is text. */
  readonly name: string | null;
  /** Null where its own shape is wrong; then others may still refer to its name. */
  readonly value: T | null;
  readonly file: YamlFile;
  readonly path: Path;
}

/** All files together, before it is known that they are right: what the cross checks look at. */
export interface Draft {
  readonly main: YamlFile;
  readonly sources: readonly Item<SourceConfig>[];
  readonly logs: readonly Item<LogStoreConfig>[];
  readonly executors: readonly Item<ExecutorConfig>[];
  readonly metrics: readonly Item<MetricsSourceConfig>[];
  readonly providers: readonly Item<ProviderConfig>[];
  readonly channels: readonly Item<ChannelConfig>[];
  readonly people: readonly Item<Person>[];
  readonly teams: readonly Item<Team>[];
  readonly categories: readonly Item<CategoryRule>[];
  readonly known_fixes: readonly Item<KnownFix>[];
  readonly escalation_policies: readonly Item<EscalationPolicy>[];
  readonly procedures: readonly Item<Procedure>[];
  readonly services: readonly Item<ServiceEntry>[];
  /** Names that sections which are not built would add: they are refused where they stand, not where they are named. */
  readonly futureNames: readonly string[];
  /** False where a rule file could not be read: then nothing can be said to be absent. */
  readonly complete: boolean;
}

/** Takes apart what was read; elements that are right by themselves are parsed, so that they can be checked further. */
export function draftOf(main: YamlFile, rules: readonly YamlFile[], complete: boolean): Draft {
  return {
    main,
    sources: items([main], 'sources', sourceConfig),
    logs: items([main], 'logs', logStoreConfig),
    executors: items([main], 'executors', executorConfig),
    metrics: items([main], 'metrics', metricsSourceConfig),
    providers: items([main], 'providers', providerConfig),
    channels: items([main], 'channels', channelConfig),
    people: items([main], 'people', person),
    teams: items([main], 'teams', team),
    categories: items(rules, 'categories', categoryRule),
    known_fixes: items(rules, 'known_fixes', knownFix),
    escalation_policies: items(rules, 'escalation_policies', escalationPolicy),
    procedures: items(rules, 'procedures', procedure),
    services: items(rules, 'services', service),
    futureNames: ['schedules', 'vendors'].flatMap((section) => namesIn(main, section)),
    complete,
  };
}

function items<S extends z.ZodType>(files: readonly YamlFile[], section: string, schema: S): Item<z.output<S>>[] {
  return files.flatMap((file) => {
    const list = valueAt(file.data, [section]);
    if (!Array.isArray(list)) return [];
    return list.map((element: unknown, index) => {
      const parsed = schema.safeParse(element);
      return { name: nameOf(element), value: parsed.success ? parsed.data : null, file, path: [section, index] };
    });
  });
}

function namesIn(file: YamlFile, section: string): string[] {
  const list = valueAt(file.data, [section]);
  return Array.isArray(list) ? list.map(nameOf).filter((name) => name !== null) : [];
}

function nameOf(element: unknown): string | null {
  const name = valueAt(element, ['name']) ?? valueAt(element, ['id']);
  return typeof name === 'string' ? name : null;
}
