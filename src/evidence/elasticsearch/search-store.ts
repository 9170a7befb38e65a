import type { TransportRequestOptions } from '@elastic/elasticsearch';
import { failure, type Failure } from '../../domain/result.ts';
import { connect, requestOptions, type Connection } from './client.ts';
import { failureOf, missingPart } from './failures.ts';
import { readFieldCaps } from './field-caps.ts';
import { mapFields, type FieldMap } from './fields.ts';
import { countRecent, search } from './search.ts';
import { nameOf, productOf } from './names.ts';
import type { SearchSettings } from './settings.ts';
import { commonParts } from '../common-parts.ts';
import type { LogStore } from '../log-store.ts';

/** Whether the store is there is asked before an answer of some seconds ago is given again: it must not cost time. */
const PING_MS = 1_000;
/** The mapping of an index changes with its roll-over, seldom else. */
const MAP_VALID_MS = 600_000;

interface Mapped {
  readonly map: FieldMap;
  /** Said with each answer: which part of `index` does not exist. */
  readonly missing: string;
  readonly until: number;
}

/** A log store over the search API that Elasticsearch and OpenSearch share. */
export function createSearchStore(settings: SearchSettings): LogStore {
  let connection: Connection | null = null;
  let mapped: Mapped | null = null;

  async function open(signal: AbortSignal): Promise<Connection & { readonly options: TransportRequestOptions }> {
    if (connection === null) {
      const opened = await connect(settings, signal);
      // Where another search has opened one meanwhile, that one is kept.
      if (connection === null) connection = opened;
      else await opened.client.close();
    }
    return { ...connection, options: await requestOptions(settings, signal) };
  }

  async function readMap({ client, options }: Awaited<ReturnType<typeof open>>): Promise<Mapped | Failure> {
    if (mapped !== null && performance.now() < mapped.until) return mapped;
    const ask = (ignore: boolean) => readFieldCaps(client, settings, ignore, options);
    let missing = '';
    const caps = await ask(false).catch((error: unknown) => {
      missing = missingPart(error, settings.index);
      if (missing === '') throw error;
      return ask(true);
    });
    if (caps.indices.length === 0) return noIndex(settings);
    const map = mapFields(caps.fields, settings.fields);
    if ('missing' in map) return noMap(settings, map.missing);
    mapped = { map, missing, until: performance.now() + MAP_VALID_MS };
    return mapped;
  }

  /** Runs `work` until the budget or the caller ends it; whatever it throws becomes a failure. */
  async function within<T>(
    timeMs: number,
    caller: AbortSignal,
    work: (signal: AbortSignal, speak: (error: unknown) => Failure) => Promise<T>,
  ): Promise<T | Failure> {
    const budget = AbortSignal.timeout(Math.max(1, Math.floor(timeMs)));
    const speak = (error: unknown): Failure =>
      failureOf(error, settings, budget.aborted ? 'budget' : caller.aborted ? 'caller' : null);
    try {
      return await work(AbortSignal.any([caller, budget]), speak);
    } catch (error) {
      return speak(error);
    }
  }

  return {
    ...commonParts(settings),
    fetch(query, caller) {
      // A tenth is kept back for the reading of what came.
      const timeMs = query.budget.timeMs * 0.9;
      const endsAt = performance.now() + timeMs;
      return within(timeMs, caller, async (signal, speak) => {
        const session = await open(signal);
        const found = await readMap(session);
        if ('ok' in found) return found;
        const partial = new Set(
          found.missing === ''
            ? []
            : [`The index "${found.missing}" does not exist, the others were read: correct \`index\`.`],
        );
        const timeLeftMs = (): number => Math.max(0, Math.floor(endsAt - performance.now()));
        const reading = {
          client: session.client,
          product: productOf(settings),
          index: settings.index,
          map: found.map,
          options: session.options,
          timeLeftMs,
          partial,
        };
        return search(settings, reading, query, speak);
      });
    },
    check(caller) {
      return within(settings.budget.time, caller, async (signal) => {
        const session = await open(signal);
        const found = await readMap(session);
        if ('ok' in found) return found;
        const count = await countRecent(session.client, settings.index, found.map, Date.now(), session.options);
        const version = `${productOf(settings)} ${session.version}`.trimEnd();
        return {
          ok: true as const,
          detail: `${version}, profile ${found.map.profile}, ${count} records in the last hour in "${settings.index}"`,
        };
      });
    },
    async answersAtAll(signal) {
      try {
        const { client, options } = await open(signal);
        return await client.ping({}, { ...options, requestTimeout: PING_MS, maxRetries: 0 });
      } catch {
        return false;
      }
    },
    async close() {
      const open = connection;
      connection = null;
      await open?.client.close();
    },
  };
}

function noIndex(settings: SearchSettings): Failure {
  return failure(
    'not_found',
    `${nameOf(settings)} has no index that fits "${settings.index}", or the account may see none of them: correct \`index\`, or grant it \`read\`.`,
  );
}

function noMap(settings: SearchSettings, missing: 'time' | 'message'): Failure {
  const what = missing === 'time' ? 'a date, such as @timestamp' : 'the text of a line, such as message';
  return failure(
    'misconfigured',
    `Index "${settings.index}" of ${nameOf(settings)} has no known field for ${what}: name it, \`fields: { ${missing}: … }\`.`,
  );
}
