import type { Evidence, EvidenceGraph, Incident } from '../domain/incident.ts';
import type { CollectedLogs } from '../evidence/collected.ts';
import type { PeerFacts } from '../evidence/peer/compare.ts';
import { redactValue } from '../evidence/redact-value.ts';
import { CHANGES_BEFORE_MS, CHANGES_MAX, describeChanges } from '../evidence/beyond/changes.ts';
import { expressionOf } from '../classify/facts.ts';
import { describeExpression, questionOf } from '../evidence/beyond/expression.ts';
import { describeProvider } from '../evidence/beyond/provider-status.ts';
import { describeRelated, NEARBY_MAX, relatedFacts } from '../evidence/beyond/related.ts';
import { describeSimilar, PAST_MAX, rankSimilar, type Ending } from '../evidence/beyond/similar.ts';
import { pieceOf, type PieceFacts } from '../evidence/beyond/piece.ts';
import { SPREAD_ALERTS_MAX } from '../evidence/beyond/spread.ts';
import { uuidv7 } from '../inbox/uuidv7.ts';
import type { Confidentiality } from '../incidents/confidential.ts';
import { chooseMetrics } from '../metrics/choose-metrics.ts';
import type { MetricsSource } from '../metrics/metrics-source.ts';
import type { ReadModel } from '../store/read-model.ts';
import type { Provider } from '../providers/provider.ts';
import type { Source } from '../sources/source.ts';
import { readChanges } from '../store/changes.ts';
import type { Services } from '../domain/service.ts';
import { isStoreTrouble } from '../store/store-trouble.ts';
import type { Store } from '../store/store.ts';
import { lookAtImpact } from './look-at-impact.ts';
import { lookAtPeer } from './look-at-peer.ts';
import { lookAtSpread } from './look-at-spread.ts';
import { placesOf, readNearby, readPast } from '../store/surroundings.ts';

/** What looking around an incident needs. */
export interface AroundParts {
  readonly store: Store;
  readonly read: ReadModel;
  readonly redact: (text: string) => string;
  readonly holds: Confidentiality['holds'];
  readonly metricsSources: readonly MetricsSource[];
  readonly providers: readonly Provider[];
  readonly sources: ReadonlyMap<string, Pick<Source, 'kind'>>;
  /** For the catalogue of services; without it no impact is asked for. */
  readonly rules?: () => { readonly services: Services };
  readonly log: (message: string, fields: Record<string, unknown>) => void;
}

/** Of providers that match one alert. */
const PROVIDERS_MAX = 10;

/** What goes on beside looking around. */
export interface Beside {
  /** With whom it is compared (`findPeers`); nobody is in a storm. */
  readonly peers: PeerFacts | undefined;
  /** Null where no logs are read. */
  readonly logs: Promise<CollectedLogs> | null;
}

type Look = (
  parts: AroundParts,
  incident: Incident,
  piece: PieceFacts,
  signal: AbortSignal,
  beside: Beside,
) => Promise<readonly Evidence[]>;

/** Every way to look, in the order in which people read what it found. */
const LOOKS: readonly (readonly [kind: Exclude<Evidence['kind'], 'logs'>, look: Look])[] = [
  ['change', lookForChanges],
  ['metric', lookForImpact],
  ['metric', lookForSpread],
  ['metric', lookAtExpression],
  ['provider_status', askProviders],
  ['healthy_peer', lookForPeer],
  ['related', lookForRelated],
  ['similar', lookForSimilar],
];

/** What is read from our own store, and costs most in a storm. */
const OWN: ReadonlySet<Evidence['kind']> = new Set(['healthy_peer', 'related', 'similar']);

/**
 * Looks at everything beside the logs, each apart from the others: what cannot be found out is evidence that says so. What
 * is not there to be told of (no incident is like it) is left out. In a storm it is not looked for what is related or
 * similar: that would keep new alerts waiting.
 */
export async function lookAround(
  parts: AroundParts,
  incident: Incident,
  inStorm: boolean,
  signal: AbortSignal,
  beside: Beside = { peers: undefined, logs: null },
): Promise<Evidence[]> {
  const looks = LOOKS.filter(([kind]) => !inStorm || !OWN.has(kind));
  const found = await Promise.all(looks.map(([kind, look]) => lookOnce(parts, incident, kind, look, signal, beside)));
  return found.flat().map((evidence) => redacted(evidence, parts.redact));
}

async function lookOnce(
  parts: AroundParts,
  incident: Incident,
  kind: Exclude<Evidence['kind'], 'logs'>,
  look: Look,
  signal: AbortSignal,
  beside: Beside,
): Promise<readonly Evidence[]> {
  const now = parts.store.now();
  const piece = { id: uuidv7(now), now };
  try {
    return await look(parts, incident, piece, signal, beside);
  } catch (error) {
    if (isStoreTrouble(error)) throw error; // no fault of the look: the work is put back
    parts.log('looking around an incident broke', { incident: incident.uid, kind, error: String(error) });
    const reason = 'It could not be looked at: something of ours broke. The log of Tierbell says what; report it.';
    return [pieceOf(kind, piece, { state: 'unavailable', reason })];
  }
}

/** Labels, queries and what others answered may hold what nobody should read. */
function redacted(evidence: Evidence, redact: (text: string) => string): Evidence {
  const { facts = [], graph } = evidence;
  const clean = facts.map(({ incident, ...fact }) => ({
    ...fact,
    ...{ text: redact(fact.text), url: redact(fact.url) },
    ...(incident === undefined
      ? {}
      : { incident: { ...incident, title: redact(incident.title), resolution: redact(incident.resolution) } }),
  }));
  return {
    ...evidence,
    ...{ reason: redact(evidence.reason), scope: redact(evidence.scope), url: redact(evidence.url) },
    query: redactValue(evidence.query ?? null, redact),
    ...(clean.length === 0 ? {} : { facts: clean }),
    ...(graph === undefined ? {} : { graph: redactedGraph(graph, redact) }),
  };
}

function redactedGraph(graph: EvidenceGraph, redact: (text: string) => string): EvidenceGraph {
  const series = graph.series.map(({ name, points }) => ({ name: redact(name), points }));
  return { ...graph, expression: redact(graph.expression), series };
}

/** What a team keeps to itself is told to nobody else: not even that it is there. */
function maySee({ holds }: AroundParts, reader: Incident): (other: { readonly team: string }) => boolean {
  return (other) => other.team === reader.team || !holds(other);
}

async function lookForRelated(parts: AroundParts, incident: Incident, piece: PieceFacts): Promise<readonly Evidence[]> {
  const { db } = parts.store;
  const facts = relatedFacts(incident, await placesOf(db, incident.uid), piece.now);
  const alerts = await readNearby(db, facts, NEARBY_MAX);
  const found = describeRelated(facts, alerts.filter(maySee(parts, incident)), piece);
  return found === null ? [] : [found];
}

async function lookForSimilar(
  parts: AroundParts,
  incident: Incident,
  piece: PieceFacts,
  _signal: AbortSignal,
  { logs }: Beside,
): Promise<readonly Evidence[]> {
  const { templates = [] } = (await logs) ?? {};
  const past = (await readPast(parts.store.db, incident, templates, PAST_MAX)).filter(maySee(parts, incident));
  const endings = await Promise.all(
    rankSimilar(incident, past, templates.length).map(async ({ uid, sharedTemplates }) => {
      const ending = await readEnding(parts.read, uid);
      return ending === null ? null : { ...ending, sharedTemplates };
    }),
  );
  const found = describeSimilar(
    endings.filter((ending) => ending !== null),
    piece,
  );
  return found === null ? [] : [found];
}

/** Nothing where no source tells of changes. */
async function lookForChanges(
  { store, sources }: AroundParts,
  { uid, labels, environment, startsAt }: Incident,
  piece: PieceFacts,
): Promise<readonly Evidence[]> {
  if (![...sources.values()].some(({ kind }) => kind === 'change')) return [];
  const fired = Math.min(startsAt, piece.now);
  const from = fired - CHANGES_BEFORE_MS;
  const changes = await readChanges(store.db, from, piece.now, CHANGES_MAX);
  const places = await placesOf(store.db, uid);
  return [describeChanges({ labels, environment, places, startsAt: fired, from }, changes, piece)];
}

/** Nothing where the alert names no expression, or no metrics source is configured. */
async function lookAtExpression(
  { metricsSources }: AroundParts,
  { labels, startsAt, generatorURL }: Incident,
  piece: PieceFacts,
  signal: AbortSignal,
): Promise<readonly Evidence[]> {
  const expression = expressionOf(generatorURL);
  if (expression.trim() === '' || metricsSources.length === 0) return [];
  const question = questionOf({ expression, startsAt }, piece.now);
  const chosen = chooseMetrics(metricsSources, null, labels);
  const store = chosen.ok ? chosen.value.name : '';
  const answer = chosen.ok ? await chosen.value.queryRange(question, signal) : chosen;
  return [describeExpression({ expression, labels, startsAt, generatorURL, store }, question, answer, piece)];
}

/** One piece of evidence for each provider that matters for the alert. */
async function askProviders(
  { providers }: AroundParts,
  { labels, startsAt }: Incident,
  { id, now }: PieceFacts,
  signal: AbortSignal,
): Promise<readonly Evidence[]> {
  const fitting = providers.filter((provider) => provider.serves(labels)).slice(0, PROVIDERS_MAX);
  return Promise.all(
    fitting.map(async (provider, index) =>
      describeProvider(provider, startsAt, await provider.status(signal), { id: `${id}-${index + 1}`, now }),
    ),
  );
}

async function lookForImpact(
  { rules, metricsSources }: AroundParts,
  incident: Incident,
  piece: PieceFacts,
  signal: AbortSignal,
): Promise<readonly Evidence[]> {
  return rules === undefined ? [] : lookAtImpact(rules().services, metricsSources, incident, piece, signal);
}

function lookForPeer(
  { metricsSources }: AroundParts,
  incident: Incident,
  piece: PieceFacts,
  signal: AbortSignal,
  beside: Beside,
): Promise<readonly Evidence[]> {
  return lookAtPeer(metricsSources, incident, beside, piece, signal);
}

function lookForSpread(
  { read, metricsSources }: AroundParts,
  incident: Incident,
  piece: PieceFacts,
  signal: AbortSignal,
): Promise<readonly Evidence[]> {
  const alerts = (): ReturnType<ReadModel['alerts']> => read.alerts(incident.uid, SPREAD_ALERTS_MAX);
  return lookAtSpread(metricsSources, incident, alerts, piece, signal);
}

async function readEnding(read: ReadModel, uid: string): Promise<Ending | null> {
  const [incident, resolved, note] = await Promise.all([
    read.byUid(uid),
    read.lastEntry(uid, 'resolved'),
    read.lastEntry(uid, 'note'),
  ]);
  if (incident === null) return null;
  return { incident, reason: textIn(resolved?.data, 'reason'), note: textIn(note?.data, 'note') };
}

function textIn(data: unknown, name: string): string {
  const value = typeof data === 'object' && data !== null ? (data as Readonly<Record<string, unknown>>)[name] : '';
  return typeof value === 'string' ? value : '';
}
