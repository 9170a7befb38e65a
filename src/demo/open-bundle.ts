import { createHash } from 'node:crypto';

export interface OpenedBundle {
  /** Of the archive itself, in hex. */
  readonly sha256: string;
  /** Every file as text, the raw logs unpacked. */
  readonly files: ReadonlyMap<string, string>;
  /** Names of files that are not what SHA256SUMS says, or that it does not list. */
  readonly damaged: readonly string[];
  readonly rawRecords: number;
}

const RAW = 'logs/raw.ndjson.gz';

/** Unpacks a handover bundle and compares every file with its checksum, as `sha256sum -c` would. */
export async function openBundle(bytes: Uint8Array): Promise<OpenedBundle> {
  const { unzipSync } = await import('fflate');
  const { gunzipSync } = await import('node:zlib'); // reads every member; the raw logs may be several
  const entries = Object.entries(unzipSync(bytes));
  const sums = Buffer.from(entries.find(([name]) => name === 'SHA256SUMS')?.[1] ?? []).toString('utf8');
  const files = new Map(
    entries.map(([name, content]) => [
      name,
      (name === RAW ? gunzipSync(content) : Buffer.from(content)).toString('utf8'),
    ]),
  );
  const damaged = entries
    .filter(([name, content]) => name !== 'SHA256SUMS' && !sums.includes(`${digest(content)}  ${name}\n`))
    .map(([name]) => name);
  const rawRecords = (files.get(RAW) ?? '').split('\n').filter((line) => line !== '').length;
  return { sha256: digest(bytes), files, damaged, rawRecords };
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
