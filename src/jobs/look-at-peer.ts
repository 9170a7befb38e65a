import type { Evidence, Incident } from '../domain/incident.ts';
import type { CollectedLogs } from '../evidence/collected.ts';
import { describePeer } from '../evidence/beyond/healthy-peer.ts';
import type { PieceFacts } from '../evidence/beyond/piece.ts';
import { populationOf } from '../evidence/beyond/spread.ts';
import type { PeerFacts, PeerFinding } from '../evidence/peer/compare.ts';
import { namesOf } from '../evidence/peer/names.ts';
import { compareVersions } from '../evidence/peer/versions.ts';
import { chooseMetrics } from '../metrics/choose-metrics.ts';
import type { ReadModel } from '../store/read-model.ts';
import type { Store } from '../store/store.ts';
import { readFiringBeside } from '../store/surroundings.ts';
import { askMetrics, type Askable } from './ask-metrics.ts';

/** Alerts of the incident that are read for the names of what it is about. */
const OWN_MAX = 50;
const BESIDE_MAX = 200;

/** Who is to be compared with whom; undefined where the alerts name no one target. */
export async function findPeers(
  { store, read }: { readonly store: Pick<Store, 'db'>; readonly read: Pick<ReadModel, 'alerts'> },
  incident: Incident,
): Promise<PeerFacts | undefined> {
  const alerts = await read.alerts(incident.uid, OWN_MAX);
  const own = namesOf([
    incident.labels,
    ...alerts.filter(({ status }) => status === 'firing').map(({ labels }) => labels),
  ]);
  if (own.pods.length + own.hosts.length === 0) return undefined;
  return { own, alerting: namesOf(await readFiringBeside(store.db, incident, BESIDE_MAX)) };
}

/** What the logs showed of it and healthy ones beside it, and which versions run there. */
export async function lookAtPeer(
  metricsSources: readonly Askable[],
  { labels }: Pick<Incident, 'labels'>,
  {
    peers,
    logs,
  }: { readonly peers: PeerFacts | undefined; readonly logs: Promise<Pick<CollectedLogs, 'peer'>> | null },
  piece: PieceFacts,
  signal: AbortSignal,
): Promise<readonly Evidence[]> {
  if (peers === undefined) return [];
  const [versions, collected] = await Promise.all([lookAtVersions(metricsSources, labels, peers, signal), logs]);
  const found = describePeer([versions, collected?.peer ?? null], piece);
  return found === null ? [] : [found];
}

async function lookAtVersions(
  metricsSources: readonly Askable[],
  labels: Incident['labels'],
  peers: PeerFacts,
  signal: AbortSignal,
): Promise<PeerFinding | null> {
  const population = populationOf(labels);
  if (population === null || metricsSources.length === 0) return null;
  const answer = await askMetrics(metricsSources, { query: population.builds, metrics: null }, labels, signal);
  const chosen = chooseMetrics(metricsSources, null, labels);
  return compareVersions(peers, { population, store: chosen.ok ? chosen.value.name : '' }, answer);
}
