import { sayExactly } from '../domain/moment.ts';

/** What the CLI reads of the API's incident. */
export interface IncidentJson {
  readonly id: string;
  readonly title: string;
  readonly status: string;
  readonly level: string;
  readonly priority: string;
  readonly severity: string;
  readonly createdAt: string;
  readonly acknowledgedBy: string | null;
  readonly resolvedBy: string | null;
  readonly category: { readonly id: string; readonly confidence: number; readonly reasons: readonly string[] };
  readonly nextStep: { readonly at: string; readonly action: string } | null;
  readonly alerts?: readonly { readonly startsAt: string; readonly labels: Readonly<Record<string, string>> }[];
  readonly service?: string;
  readonly team?: string;
  readonly situation?: { readonly origin: string; readonly incidents: readonly string[] } | null;
  readonly evidence?: readonly {
    readonly kind: string;
    readonly about?: string;
    readonly facts?: readonly { readonly text: string }[];
    readonly reason: string;
    readonly lines: readonly { readonly count: number; readonly text: string }[];
  }[];
  readonly attempts?: readonly {
    readonly title: string;
    readonly state: string;
    readonly reasons: readonly string[];
  }[];
}

/** By kind, or by what it is about. */
const KINDS: Readonly<Record<string, string>> = {
  logs: 'Logs',
  metric: 'Metric',
  change: 'Changes',
  provider_status: 'Provider',
  healthy_peer: 'Peer',
  related: 'Related',
  similar: 'Similar',
  impact: 'Impact',
  spread: 'Spread',
};

/** A table, newest first. */
export function listIncidents(items: readonly IncidentJson[]): string {
  if (items.length === 0) return 'No incidents.\n';
  const rows = items.map(({ id, status, level, priority, category, title }) => [
    id,
    status,
    `L${level}`,
    priority,
    category.id,
    title,
  ]);
  return table([['ID', 'STATUS', 'LEVEL', 'PRIO', 'CATEGORY', 'TITLE'], ...rows]);
}

/** One incident for the terminal, what matters first. */
export function describeIncident(
  incident: IncidentJson,
  timeline: readonly { at: string; text: string; actor: { name: string } }[],
): string {
  const { category, nextStep } = incident;
  const percent = Math.round(category.confidence * 100);
  const lines = [
    `${incident.id}  ${incident.title}`,
    '',
    `Status     ${incident.status}${holder(incident)}`,
    `Level      ${incident.level}, ${incident.priority}, severity ${incident.severity}`,
    ...sinceLine(incident),
    `Opened     ${moment(incident.createdAt)}`,
    ...targetLine(incident),
    ...placeLines(incident),
    `Category   ${category.id} (${percent} %)`,
    ...category.reasons.slice(0, 3).map((reason) => `           ${reason}`),
    `Next       ${nextStep === null ? 'nothing by itself' : `${nextStep.action}, at ${moment(nextStep.at)}`}`,
    ...(incident.attempts ?? []).map(
      ({ title, state, reasons }) =>
        `Known fix  ${title}: ${state}${reasons.length > 0 ? ` (${reasons.join('; ')})` : ''}`,
    ),
    ...(incident.evidence ?? []).flatMap(({ kind, about, reason, lines, facts = [] }) => [
      '',
      `${(KINDS[about ?? kind] ?? kind).padEnd(10)} ${reason}`,
      ...facts.map(({ text }) => `           ${text}`),
      ...lines.map(({ count, text }) => `  ${String(count).padStart(5)} × ${text.replaceAll('\n', '\n          ')}`),
    ]),
    '',
    'Timeline',
    ...timeline.map(
      ({ at, text, actor }) => `  ${moment(at)}  ${text}${actor.name === 'tierbell' ? '' : `  [${actor.name}]`}`,
    ),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

/** When the first of its alerts began; the bridge may have heard later. */
function sinceLine({ alerts = [] }: IncidentJson): string[] {
  const known = alerts.map(({ startsAt }) => Date.parse(startsAt)).filter((at) => !Number.isNaN(at));
  return known.length === 0 ? [] : [`Since      ${sayExactly(known.reduce((a, b) => Math.min(a, b)))}`];
}

/** So many targets are named. */
const TARGETS = 5;

function targetLine({ alerts = [] }: IncidentJson): string[] {
  const all = [...new Set(alerts.map(({ labels }) => labels['instance'] ?? labels['host'] ?? labels['pod'] ?? ''))];
  const named = all.filter((target) => target !== '');
  const more = named.length - TARGETS;
  return named.length === 0
    ? []
    : [`Target     ${named.slice(0, TARGETS).join(', ')}${more > 0 ? ` and ${more} more` : ''}`];
}

/** Its service, its team, and what it hangs together with. */
function placeLines({ id, service = '', team = '', situation }: IncidentJson): string[] {
  const others = (situation?.incidents ?? []).filter((one) => one !== id).join(', ');
  return [
    ...(service === '' ? [] : [`Service    ${service}${team === '' ? '' : `, team ${team}`}`]),
    ...(situation ? [`Situation  with ${others}; likeliest origin: ${situation.origin}`] : []),
  ];
}

function holder({ acknowledgedBy, resolvedBy }: IncidentJson): string {
  if (resolvedBy !== null) return ` by ${resolvedBy}`;
  return acknowledgedBy === null ? '' : ` by ${acknowledgedBy}`;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_cell, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map(
      (row) =>
        `${row.map((cell, column) => (column === row.length - 1 ? printable(cell) : cell.padEnd(widths[column] ?? 0))).join('  ')}\n`,
    )
    .join('');
}

/** Alert text must not steer the terminal. */
function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '?');
}

function moment(iso: string): string {
  return sayExactly(Date.parse(iso));
}
