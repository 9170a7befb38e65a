import { incidentId, type Evidence } from '../domain/incident.ts';
import { speakCount } from '../domain/sentences.ts';
import { moment } from '../domain/moment.ts';
import { saysLeftOut } from '../incidents/evidence-list.ts';
import type { BundleInput } from './bundle-input.ts';
import { bullets, document, fenced, inline } from './markdown.ts';

/** `logs/excerpt.md`: the lines that matter with their counts, or why there are none. */
export function excerpt(input: BundleInput): string {
  const { incident } = input;
  const logs = incident.evidence.filter(({ kind }) => kind === 'logs');
  const leftOut = saysLeftOut(incident);
  const none =
    'No logs were collected before this bundle was packed. They may follow in the incident; otherwise ask the log store for the service and the time in README.md.';
  return document([
    `# Logs for ${incidentId(incident)}`,
    ...(logs.length === 0 ? [none] : logs.flatMap((evidence) => section(evidence))),
    ...(leftOut === '' ? [] : [leftOut]),
    rawNote(input, logs),
  ]);
}

const STATES: Readonly<Record<Evidence['state'], string>> = {
  complete: 'Complete within its budget.',
  partial: 'PARTIAL: not all of it could be read.',
  unavailable: 'NOT AVAILABLE.',
};

function section(evidence: Evidence): string[] {
  const { store, scope, state, reason, windows, counts, lines, url, at } = evidence;
  const levels = Object.entries(counts).map(([level, number]) => `${number} ${level}`);
  return [
    `## ${inline(store === '' ? 'No log store' : store)}, asked at ${moment(at) ?? 'an unknown time'}`,
    `${STATES[state]} ${inline(reason, 1000)}`,
    bullets([
      `Scope: ${inline(scope)}`,
      ...windows.map(
        ({ name, from, to, records, sampled }) =>
          `Window ${name.replaceAll('_', ' ')}: ${moment(from) ?? '?'} to ${moment(to) ?? '?'}, ${records} records${sampled ? ' (a sample)' : ''}`,
      ),
      ...(levels.length === 0 ? [] : [`By level in the incident window: ${inline(levels.join(', '))}`]),
      ...(url === '' ? [] : [`The same lines in their store: ${link(url)}`]),
    ]),
    lines.length === 0 ? 'No lines to show.' : fenced(lines.map(lineText).join('\n')),
  ];
}

/** Made by the store's own page from our configuration; what of an alert stands in it is escaped. */
function link(url: string): string {
  return /^https?:\/\/[^\s<>`]{1,8000}$/.test(url) ? `<${url}>` : inline(url, 4000);
}

function lineText(line: Evidence['lines'][number]): string {
  const { at, level, service, text } = line;
  return `${[speakCount(line), moment(at) ?? 'no time', level, service].filter((part) => part !== '').join('  ')}  ${text.replaceAll('\n', '\n    ')}`;
}

function rawNote({ raw }: BundleInput, logs: readonly Evidence[]): string {
  const promised = logs.filter(({ rawBlob }) => rawBlob !== null).length;
  const lost =
    promised > raw.length
      ? ` ${promised - raw.length} of ${promised} collections could not be read from the bridge's storage and are missing in it.`
      : '';
  return raw.length === 0
    ? `\`raw.ndjson.gz\` is empty, as no raw lines were kept.${lost}`
    : `All lines that were fetched, redacted, lie in \`raw.ndjson.gz\` (one JSON document a line; \`zcat\` reads it).${lost}`;
}

/** `logs/query.json`: what was asked, so that it can be asked again. */
export function queries({ incident }: BundleInput): unknown {
  return incident.evidence.map(({ id, kind, store, scope, state, reason, query, url }) => ({
    id,
    kind,
    store,
    scope,
    state,
    reason,
    query: query ?? null,
    url,
  }));
}
