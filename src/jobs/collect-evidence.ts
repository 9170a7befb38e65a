import type { Collector } from '../evidence/collector.ts';
import type { Incident } from '../domain/incident.ts';
import type { Job } from '../domain/job.ts';
import { uuidv7 } from '../inbox/uuidv7.ts';
import { gainOf } from '../incidents/gain.ts';
import { logsOn } from '../incidents/respond.ts';
import type { Blobs } from '../store/blobs.ts';
import type { PipelineMetrics } from '../telemetry/metrics.ts';
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
  const { labels, startsAt } = incident;
  const { payload } = job;
  if (payload.look === 'around') return collectAround(parts, job, incident, signal);
  const looking =
    payload.look === undefined ? lookAround(parts, incident, isInStorm(job), signal) : Promise.resolve([]);
  const began = performance.now();
  const collected = await parts.logs.collect(
    {
      ...{ id: uuidv7(store.now()), labels, startsAt, now: store.now() },
      ...(payload.look === undefined ? {} : { look: payload.look }),
    },
    signal,
  );
  const around = await looking;
  const { state, store: name } = collected.evidence;
  metrics.enrichmentDuration.observe({ store: name, state }, (performance.now() - began) / 1000);
  const records = collected.evidence.windows.reduce((sum, window) => sum + window.records, 0);
  metrics.enrichmentDocuments.inc({ store: name }, records);
  const worthKeeping = payload.look === undefined || gainOf(logsOn(incident), collected.evidence) !== 'nothing';
  const rawBlob = collected.raw === null || !worthKeeping ? null : await parts.blobs.put(collected.raw);
  await store.transact(async (unit) => {
    await unit.finish(job);
    await unit.incident(job.incident);
    unit.run(job.incident, {
      type: 'evidence',
      evidence: { ...collected.evidence, rawBlob },
      around,
      logLines: collected.records,
      late: payload.look === 'handover' && unit.now > payload.waitUntil,
    });
  });
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
  const around = await lookAround(parts, incident, isInStorm(job), signal);
  await parts.store.transact(async (unit) => {
    await unit.finish(job);
    if (around.length === 0) return;
    await unit.incident(job.incident);
    unit.run(job.incident, { type: 'around', around });
  });
}
