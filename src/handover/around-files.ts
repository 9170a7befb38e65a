import { incidentId, type Evidence, type EvidenceKind, type Incident } from '../domain/incident.ts';
import { ABOUT_TITLES } from '../domain/sentences.ts';
import { graphSvg } from '../evidence/beyond/graph-svg.ts';
import { moment } from '../domain/moment.ts';
import { bullets, document, inline } from './markdown.ts';

const TITLES: Readonly<Record<EvidenceKind, string>> = {
  logs: 'Logs',
  metric: "The alert's own expression",
  change: 'What changed',
  provider_status: 'Status of providers',
  healthy_peer: 'A healthy one beside it',
  related: 'What else fires',
  similar: 'Similar past incidents',
};

/** The evidence beside the logs. */
export function aroundOf({ evidence }: Incident): readonly Evidence[] {
  return evidence.filter(({ kind }) => kind !== 'logs');
}

/** The files about what stands around the incident; none where nothing was found. */
export function aroundFiles(incident: Incident): [name: string, text: string][] {
  const around = aroundOf(incident);
  if (around.length === 0) return [];
  const sections = around.flatMap((piece) => section(piece));
  const graphs = around.flatMap(({ graph }) => (graph === undefined ? [] : [graph]));
  return [
    ['evidence/around.md', document([`# Around ${incidentId(incident)}`, ...sections])],
    ...graphs.map((graph, index): [string, string] => [`evidence/metric-${index + 1}.svg`, `${graphSvg(graph)}\n`]),
  ];
}

const STATES: Readonly<Record<Evidence['state'], string>> = {
  complete: '',
  partial: 'PARTIAL: ',
  unavailable: 'NOT AVAILABLE: ',
};

function titleOf({ kind, about }: Evidence): string {
  return about === undefined ? TITLES[kind] : ABOUT_TITLES[about];
}

function section(piece: Evidence): string[] {
  const { state, reason, store, scope, facts = [], url, at } = piece;
  const looked = [store, scope].filter((part) => part !== '').map((part) => inline(part, 300));
  return [
    `## ${titleOf(piece)}`,
    `${STATES[state]}${inline(reason, 1000)}`,
    facts.length === 0
      ? ''
      : bullets(facts.map((fact) => `${when(fact.at)}${inline(fact.text, 600)}${link(fact.url)}`)),
    bullets([
      ...(looked.length === 0 ? [] : [`Asked: ${looked.join(', ')}`]),
      ...(url === '' ? [] : [`The same in its place: ${inline(url, 4000)}`]),
      `Looked at ${moment(at) ?? 'an unknown time'}`,
    ]),
  ];
}

function when(at: number | null): string {
  const text = moment(at);
  return text === null ? '' : `${text}: `;
}

function link(url: string): string {
  return url === '' ? '' : ` (${inline(url, 2000)})`;
}

/** The most telling finding of each, for `README.md`. */
export function aroundBullets(incident: Incident): readonly string[] {
  return aroundOf(incident).map((piece) => {
    const { state, reason, facts = [] } = piece;
    const [first] = facts;
    const more = facts.length > 1 ? ` (and ${facts.length - 1} more)` : '';
    const said = first === undefined ? reason : first.text;
    return `**${titleOf(piece)}**: ${state === 'unavailable' ? 'not available, ' : ''}${inline(said, 400)}${more}`;
  });
}
