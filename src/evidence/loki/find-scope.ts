import { saySpan } from '../../domain/moment.ts';
import { failure, type Failure } from '../../domain/result.ts';
import type { LogQuery, ScopeStep } from '../log-store.ts';
import { OWN_STEPS, speakScope } from '../scope.ts';
import { countLines, nameOf, readLabels } from './api.ts';
import { neighboursOf, type Neighbours } from './neighbours.ts';
import { labelsFor, selectorOf } from './selector.ts';
import type { LokiSettings } from './settings.ts';

/** A scope with lines. */
export interface Found {
  readonly step: ScopeStep;
  readonly selector: string;
  /** By window, in their order. */
  readonly counts: readonly number[];
  readonly neighbours: Neighbours | null;
}

/**
 * The scope to read: the narrowest of pod, workload and service with lines in the incident; else whoever names the silent
 * service or shares its traces; else host and namespace; else what had lines before; else why there is nothing.
 */
export async function findScope(
  settings: LokiSettings,
  query: LogQuery,
  signal: AbortSignal,
): Promise<Found | Failure> {
  const { windows, scope } = query;
  const from = Math.min(...windows.map((window) => window.from));
  const to = Math.max(...windows.map((window) => window.to));
  const known = await readLabels(settings, from, to, signal);
  if (!known.ok) return known;
  if (known.value.length === 0) return nothingAtAll(settings, from, to);
  const places = scope.flatMap((step) => labelsFor(step, known.value).map((label) => ({ step, label })));
  if (places.length === 0) return noLabel(settings, scope);
  const tried: Found[] = [];
  const first = async (own: boolean): Promise<Found | Failure | null> => {
    for (const { step, label } of places.filter((place) => OWN_STEPS.has(place.step.name) === own)) {
      const selector = selectorOf(label, step.value);
      const counts = await countWindows(settings, selector, windows, signal);
      if ('ok' in counts) return counts;
      const found = { step, selector, counts, neighbours: null };
      if ((counts[0] ?? 0) > 0) return found;
      tried.push(found);
    }
    return null;
  };
  const silent = (): Found | null => tried.find(({ counts }) => counts.some((count) => count > 0)) ?? null;
  return (
    (await first(true)) ??
    (await around(settings, query, { tried, silent: silent(), known: known.value }, signal)) ??
    (await first(false)) ??
    silent() ??
    nothingFound(settings, query, known.value, signal)
  );
}

async function countWindows(
  settings: LokiSettings,
  selector: string,
  windows: LogQuery['windows'],
  signal: AbortSignal,
): Promise<readonly number[] | Failure> {
  const counts: number[] = [];
  for (const window of windows) {
    const count = await countLines(settings, selector, window.from, window.to, signal);
    if (!count.ok) return count;
    counts.push(count.value);
  }
  return counts;
}

/** Lines of others about a service that is silent itself; null where there are none, or Loki would not search for them. */
async function around(
  settings: LokiSettings,
  query: LogQuery,
  {
    tried,
    silent,
    known,
  }: { readonly tried: readonly Found[]; readonly silent: Found | null; readonly known: readonly string[] },
  signal: AbortSignal,
): Promise<Found | null> {
  const step = silent?.step ?? tried.find((one) => one.step.name === 'service')?.step ?? tried[0]?.step;
  if (step === undefined) return null;
  const found = { tried: tried.map((one) => one.step), silent: silent?.selector ?? null, known };
  const neighbours = await neighboursOf(settings, query, found, anyLabel(known), signal);
  if (neighbours === null) return null;
  const { selector } = neighbours;
  const counts = await countWindows(settings, selector, query.windows, signal);
  return 'ok' in counts || (counts[0] ?? 0) === 0 ? null : { step, selector, counts, neighbours };
}

/** One that as many streams as possible bear. */
function anyLabel(known: readonly string[]): string {
  return known.includes('service_name') ? 'service_name' : (known[0] ?? '');
}

function nothingAtAll(settings: LokiSettings, from: number, to: number): Failure {
  return failure(
    'not_found',
    `${nameOf(settings)} holds no stream of ${saySpan(from, to, to)}: see whether anything is shipped there, and whether \`headers: { X-Scope-OrgID: … }\` names the right tenant.`,
  );
}

function noLabel(settings: LokiSettings, scope: readonly ScopeStep[]): Failure {
  const names = [...new Set(scope.map(({ name }) => name))];
  return failure(
    'misconfigured',
    names.length === 0
      ? `No label of this alert says whose lines to read in ${nameOf(settings)}: map one under its \`scope\`, for example \`service: [service, app, job]\`.`
      : `No stream of ${nameOf(settings)} has a label for ${names.join(' or ')}: ship one, such as service_name.`,
  );
}

async function nothingFound(
  settings: LokiSettings,
  { windows, scope }: LogQuery,
  known: readonly string[],
  signal: AbortSignal,
): Promise<Failure> {
  const [window] = windows;
  const { from = 0, to = 0 } = window ?? {};
  const others = await countLines(settings, `{${anyLabel(known)}=~".+"}`, from, to, signal);
  if (!others.ok) return others;
  const scopes = scope.map(speakScope).join(', ');
  return failure(
    'not_found',
    others.value > 0
      ? `No line of ${scopes} at ${saySpan(from, to, to)} in ${nameOf(settings)}, though others wrote ${others.value} ${others.value === 1 ? 'line' : 'lines'} then: check that \`scope\` names what identifies this service, and that it ships its logs.`
      : `Nobody wrote a line into ${nameOf(settings)} at ${saySpan(from, to, to)}: see whether the agents have stopped.`,
  );
}
