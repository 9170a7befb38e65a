import type { Collector } from '../evidence/collector.ts';
import type { CollectedLogs } from '../evidence/collected.ts';
import type { Evidence, Incident } from '../domain/incident.ts';
import type { Job } from '../domain/job.ts';
import { uuidv7 } from '../inbox/uuidv7.ts';
import { gainOf } from '../incidents/gain.ts';
import { logsOn } from '../incidents/respond.ts';
import type { Blobs } from '../store/blobs.ts';
import { writeTemplates } from '../store/incident-templates.ts';
import type { PipelineMetrics } from '../telemetry/metrics.ts';
import { findPeers } from './look-at-peer.ts';
import { lookAround, type AroundParts } from './look-around.ts';

type EvidenceJob = Extract<Job, { kind: 'evidence' }>;

export interface EvidenceParts extends AroundParts {
  readonly blobs: Blobs;
  readonly logs: Collector;
  readonly metrics: PipelineMetrics;
}

/**
 * Fetches the log lines of an incident; whatever comes of it, lines or the reason why there are none, is on record. A
 * further look leaves nothing behind where it found nothing new.
 */
export async function collectEvidence(parts: EvidenceParts, job: EvidenceJob, signal: AbortSignal): Promise<void> {
  const { store, metrics } = parts;
  const incident = await parts.read.byUid(job.incident);
  if (incident === null) return store.transact((unit) => unit.finish(job));
  const { payload } = job;
  if (payload.look === 'around') return collectAround(parts, job, incident, signal);
  const began = performance.now();
  const [collected, around] = await collectAll(parts, job, incident, signal);
  const { state, store: name } = collected.evidence;
  metrics.enrichmentDuration.observe({ store: name, state }, (performance.now() - began) / 1000);
  const records = collected.evidence.windows.reduce((sum, window) => sum + window.records, 0);
  metrics.enrichmentDocuments.inc({ store: name }, records);
  const worthKeeping = payload.look === undefined || gainOf(logsOn(incident), collected.evidence) !== 'nothing';
  const rawBlob = collected.raw === null || !worthKeeping ? null : await parts.blobs.put(collected.raw);
  await store.transact(async (unit) => {
    await unit.finish(job);
    await unit.incident(job.incident);
    await writeTemplates(unit.tx, incident, collected.templates);
    unit.run(job.incident, {
      type: 'evidence',
      evidence: { ...collected.evidence, rawBlob },
      around,
      logLines: collected.records,
      late: payload.look === 'handover' && unit.now > payload.waitUntil,
    });
  });
}

/** The logs, and with the first look at them all that stands around. */
async function collectAll(
  parts: EvidenceParts,
  job: EvidenceJob,
  incident: Incident,
  signal: AbortSignal,
): Promise<readonly [CollectedLogs, readonly Evidence[]]> {
  const { labels, startsAt } = incident;
  const { look } = job.payload;
  const now = parts.store.now();
  const facts = { id: uuidv7(now), labels, startsAt, now };
  if (look === 'second' || look === 'handover') return [await parts.logs.collect({ ...facts, look }, signal), []];
  const inStorm = isInStorm(job);
  const peers = inStorm ? undefined : await findPeers(parts, incident);
  const logs = parts.logs.collect({ ...facts, ...(peers === undefined ? {} : { peers }) }, signal);
  return Promise.all([logs, lookAround(parts, incident, inStorm, signal, { peers, logs })]);
}

function isInStorm({ payload }: EvidenceJob): boolean {
  return 'inStorm' in payload && payload.inStorm;
}

/** Where no log store serves the alert, what stands around it is all there is. */
async function collectAround(
  parts: EvidenceParts,
  job: EvidenceJob,
  incident: Incident,
  signal: AbortSignal,
): Promise<void> {
  const inStorm = isInStorm(job);
  const peers = inStorm ? undefined : await findPeers(parts, incident);
  const around = await lookAround(parts, incident, inStorm, signal, { peers, logs: null });
  await parts.store.transact(async (unit) => {
    await unit.finish(job);
    if (around.length === 0) return;
    await unit.incident(job.incident);
    unit.run(job.incident, { type: 'around', around });
  });
}
