import type { Job } from '../domain/job.ts';
import { buildBundle } from '../handover/bundle.ts';
import type { IncidentLink } from '../incidents/incident-view.ts';
import type { Incident } from '../domain/incident.ts';
import type { Confidentiality } from '../incidents/confidential.ts';
import { procedureOf } from '../incidents/procedure.ts';
import type { Rules } from '../incidents/rules.ts';
import type { Blobs } from '../store/blobs.ts';
import type { ReadModel } from '../store/read-model.ts';
import { readSituation } from '../store/situations.ts';
import type { Store } from '../store/store.ts';

type HandoverJob = Extract<Job, { kind: 'handover' }>;

export interface HandoverParts {
  readonly store: Store;
  readonly read: ReadModel;
  readonly blobs: Blobs;
  readonly rules: () => Rules;
  readonly holds: Confidentiality['holds'];
  readonly linksOf: (incident: Incident) => readonly IncidentLink[];
  readonly log: (message: string, fields: Record<string, unknown>) => void;
}

/** How often it looks whether the logs have come. */
const LOOK_MS = 250;
const ALERTS = 5_000;

/**
 * Packs the bundle and lets the new level be told with it. It waits a little for logs that are being collected; a bundle
 * that cannot be made never keeps people from being told.
 */
export async function packHandover(parts: HandoverParts, job: HandoverJob): Promise<void> {
  const { store } = parts;
  const { notify, why, waitUntil } = job.payload;
  if (store.now() < waitUntil && (await logsPending(store, job.incident))) {
    await store.again(job, Math.min(store.now() + LOOK_MS, waitUntil), job.payload);
    return;
  }
  const packed = await pack(parts, job.incident, why);
  await store.transact(async (unit) => {
    await unit.finish(job);
    const incident = await unit.incident(job.incident);
    if (incident === null) return;
    if (packed.bundle !== null) {
      const row = { incident: job.incident, n: incident.bundles + 1, ...packed.bundle, created_at: unit.now };
      await unit.tx.insertInto('bundles').values(row).execute();
    }
    unit.run(job.incident, { type: 'handover', bundle: packed.bundle, notify, why, problem: packed.problem });
  });
}

async function logsPending(store: Store, incident: string): Promise<boolean> {
  const row = await store.db
    .selectFrom('jobs')
    .select('id')
    .where('incident', '=', incident)
    .where('kind', '=', 'evidence')
    // The second look that is due later is not waited for.
    .where((eb) =>
      eb.or([eb('state', '=', 'leased'), eb.and([eb('state', '=', 'due'), eb('due_at', '<=', store.now())])]),
    )
    .executeTakeFirst();
  return row !== undefined;
}

async function pack(
  parts: HandoverParts,
  uid: string,
  why: string,
): Promise<{ bundle: { sha256: string; bytes: number } | null; problem: string }> {
  try {
    const incident = await parts.read.byUid(uid);
    if (incident === null) return { bundle: null, problem: 'the incident is gone' };
    const built = await buildBundle({
      incident,
      alerts: await parts.read.alerts(uid, ALERTS),
      timeline: await parts.read.timeline(uid),
      raw: await rawLogs(parts, incident),
      links: parts.linksOf(incident),
      service: parts.rules().services.named(incident.service),
      situation: await readSituation({ ...parts, services: parts.rules().services }, incident),
      procedure: procedureOf(parts.rules().procedure(incident.classification.category), incident),
      why,
      meetingUrl: null,
      now: parts.store.now(),
    });
    const sha256 = await parts.blobs.put(built.bytes);
    return { bundle: { sha256, bytes: built.bytes.length }, problem: '' };
  } catch (error) {
    parts.log('a handover bundle could not be made', {
      incident: uid,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    return { bundle: null, problem: error instanceof Error ? error.message : String(error) };
  }
}

async function rawLogs(parts: HandoverParts, incident: Incident): Promise<Uint8Array[]> {
  const names = incident.evidence.flatMap(({ rawBlob }) => (rawBlob === null ? [] : [rawBlob]));
  const found = await Promise.allSettled(names.map((name) => parts.blobs.get(name)));
  for (const one of found)
    if (one.status === 'rejected')
      parts.log('raw logs could not be read for a bundle', { incident: incident.uid, error: String(one.reason) });
  return found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}
