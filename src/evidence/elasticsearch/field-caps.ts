import type { Client, estypes, TransportRequestOptions } from '@elastic/elasticsearch';
import { candidateFields, type FieldCaps } from './fields.ts';
import type { SearchSettings } from './settings.ts';

/** Servers take 4,096 bytes of a request's first line (`http.max_initial_line_length`); the index stands there too. */
const NAMES_BYTES = 2_500;

/**
 * What the index knows of the fields that could matter. They are named in the address, which every version reads, and
 * never all asked for: an index may have thousands. Throws what the client throws.
 */
export async function readFieldCaps(
  client: Client,
  settings: SearchSettings,
  ignoreMissing: boolean,
  options: TransportRequestOptions,
): Promise<{ readonly indices: readonly string[]; readonly fields: FieldCaps }> {
  const path = `/${encodeURIComponent(settings.index)}/_field_caps`;
  const parts = await Promise.all(
    inParts(candidateFields(settings.fields)).map((names) => {
      const querystring = { fields: names.join(','), ...(ignoreMissing ? { ignore_unavailable: 'true' } : {}) };
      return client.transport.request<estypes.FieldCapsResponse>({ method: 'GET', path, querystring }, options);
    }),
  );
  const indices = parts.flatMap((part) => part.indices ?? []);
  return { indices, fields: Object.assign({}, ...parts.map(({ fields }) => fields)) as FieldCaps };
}

function inParts(names: readonly string[]): readonly (readonly string[])[] {
  const parts: string[][] = [[]];
  let bytes = 0;
  for (const name of names) {
    bytes += name.length + 3; // a comma is escaped
    if (bytes > NAMES_BYTES) {
      parts.push([]);
      bytes = name.length + 3;
    }
    parts.at(-1)?.push(name);
  }
  return parts;
}
