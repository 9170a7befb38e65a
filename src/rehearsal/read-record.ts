import { promisify } from 'node:util';
import type { AlertGroup } from '../domain/alert.ts';
import { incidentId } from '../domain/incident.ts';
import { classified } from '../evidence/collect.ts';
import { findDeliveries, type FoundDelivery } from '../inbox/find-deliveries.ts';
import { alertIdentity } from '../incidents/alert-identity.ts';
import { openEntry, type WireEntry } from '../incidents/timeline.ts';
import { readJson } from '../sources/read-json.ts';
import type { Source } from '../sources/source.ts';
import { findCorrection } from '../store/corrections.ts';
import type { Archive } from '../store/open-storage.ts';
import { createReadModel } from '../store/read-model.ts';
import { deliveriesOf, firstLogs, recordingOf, type IncidentRecord } from './recorded-incident.ts';
import type { Recording } from './recording.ts';

/** An incident to be played again, or the sentence that says what is not there for it and what to do. */
export type ReadRecord =
  | {
      readonly ok: true;
      readonly record: IncidentRecord;
      readonly timeline: readonly WireEntry[];
      readonly recording: Recording;
    }
  | { readonly ok: false; readonly why: string };

/** More alerts than this are not looked at; the sender groups them, so they are of one kind. */
const ALERTS_MAX = 10_000;

/**
 * Reads an incident with all that made it. Never throws for what is not there.
 * @param sources as they are configured now: by them the bodies are read
 * @param now epoch milliseconds
 */
export async function readRecord(
  archive: Archive,
  sources: ReadonlyMap<string, Source>,
  number: number,
  now: number,
): Promise<ReadRecord> {
  const read = createReadModel(archive.db);
  const incident = await read.byNumber(number);
  const id = incidentId({ number });
  if (incident === null)
    return { ok: false, why: `there is no ${id} in this store; tierbell incident list shows which there are` };
  const timeline = await read.timeline(incident.uid);
  const entries = timeline.map(openEntry);
  const wanted = deliveriesOf(entries);
  const told = await tellAll(id, wanted, findDeliveries(archive.db, wanted), sources);
  if (!told.ok) return told;
  const { source, labels, createdAt } = incident;
  const identity = alertIdentity(source, labels);
  const said = await findCorrection(archive.db, identity);
  const record: IncidentRecord = {
    ...{ incident, entries, told: told.groups, alerts: await read.alerts(incident.uid, ALERTS_MAX) },
    remembered: new Map(said === null || said.at >= createdAt ? [] : [[identity, said]]),
    logLines: await readLogLines(archive, firstLogs(incident)),
  };
  return { ok: true, record, timeline, recording: recordingOf(record, now) };
}

type Told =
  { readonly ok: true; readonly groups: IncidentRecord['told'] } | { readonly ok: false; readonly why: string };

async function tellAll(
  id: string,
  wanted: readonly string[],
  deliveries: AsyncIterable<FoundDelivery>,
  sources: ReadonlyMap<string, Source>,
): Promise<Told> {
  const groups = new Map<string, readonly AlertGroup[]>();
  let found = 0;
  let gone = 0;
  let unknown: string | null = null;
  for await (const { id: delivery, source: name, receivedAt, body } of deliveries) {
    found += 1;
    const source = sources.get(name);
    if (body === null) gone += 1;
    else if (source === undefined) unknown ??= name;
    else {
      const json = readJson(body);
      if (json.ok) groups.set(delivery, source.parse(json.value, receivedAt).groups);
    }
  }
  const missing = wanted.length - found;
  const of = `${id}: ${missing + gone} of its ${wanted.length} deliveries`;
  if (gone > 0)
    return {
      ok: false,
      why: `${of} are past their retention; choose a younger incident, or keep them longer (retention: { deliveries: … })`,
    };
  if (missing > 0)
    return { ok: false, why: `${of} are not in the inbox, which is newer than the store; choose a younger incident` };
  if (unknown !== null)
    return {
      ok: false,
      why: `${id} came from the source ${unknown}, which is not configured; name the configuration that has it with --config.file`,
    };
  return { ok: true, groups };
}

/** All that was read, where the raw lines are still there; else the lines of the excerpt. */
async function readLogLines({ blobs }: Archive, logs: ReturnType<typeof firstLogs>): Promise<readonly string[]> {
  if (logs === null) return [];
  const excerpt = classified(logs.lines);
  if (logs.rawBlob === null) return excerpt;
  try {
    const { gunzip } = await import('node:zlib');
    const text = (await promisify(gunzip)(await blobs.get(logs.rawBlob))).toString('utf8');
    const rows = text.split('\n').filter((line) => line !== '');
    const records = rows.map((line) => JSON.parse(line) as { level: string; text: string; window: string });
    return classified(records.filter(({ window }) => window === 'incident'));
  } catch {
    return excerpt; // past its retention
  }
}
