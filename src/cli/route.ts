import { compileFixes } from '../fixes/select-fix.ts';
import type { Config } from '../config/schema.ts';
import { labelSet, type Alert, type Labels } from '../domain/alert.ts';
import { speakDuration } from '../domain/duration.ts';
import { owningTeam } from '../domain/incident.ts';
import { PRIORITIES } from '../domain/priority.ts';
import { speakService } from '../domain/service.ts';
import { cleanLine } from '../domain/text.ts';
import { forecast, type Forecast } from '../incidents/forecast.ts';
import type { PolicyStep, Rules } from '../incidents/rules.ts';
import { compileRules } from '../rules.ts';
import { fingerprintOf } from '../sources/fingerprint.ts';
import { CliError } from './terminal.ts';

export interface RouteOptions {
  /** `name=value`, as typed. */
  readonly labels: readonly string[];
  /** RFC 3339; the present where it is left out. */
  readonly at?: string;
  /** A source's name; the first one where it is left out. */
  readonly source?: string;
  readonly format: 'table' | 'json';
}

/**
 * `tierbell route LABELS…`: who would hear what at which minute. @returns the text for standard output
 * @throws CliError 2 for what cannot be understood
 */
export function route(config: Config, options: RouteOptions, now: number): string {
  const at = readMoment(options.at, now);
  const source = sourceOf(config, options.source);
  const labels = labelSet([...Object.entries(source.labels), ...options.labels.map(readLabel)]);
  const rules = compileRules(config, compileFixes(config.known_fixes));
  const told = forecast(rules, alertOf(labels, at), source.name, at);
  return options.format === 'json'
    ? `${JSON.stringify(asJson(told, rules, source.name, at), null, 2)}\n`
    : asTable(told, rules, at);
}

function readMoment(text: string | undefined, now: number): number {
  if (text === undefined) return now;
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(at)) return at;
  throw new CliError(`--at: found ${cleanLine(text, 60)}, allowed is a moment such as 2026-01-05T03:00:00Z`, 2);
}

function sourceOf({ sources }: Config, name: string | undefined): Config['sources'][number] {
  const found = name === undefined ? sources[0] : sources.find((source) => source.name === name);
  if (found !== undefined) return found;
  const names = sources.map((source) => source.name).join(', ');
  throw new CliError(`--source: found ${cleanLine(name ?? '', 60)}, allowed is ${names}`, 2);
}

/** `team=shop` or `team="shop"`. */
function readLabel(text: string): readonly [string, string] {
  const match = /^([^=]+)=(?:"(.*)"|(.*))$/s.exec(text);
  if (match === null)
    throw new CliError(`found ${cleanLine(text, 60)}, allowed are labels such as team=shop severity=critical`, 2);
  return [(match[1] ?? '').trim(), match[2] ?? match[3] ?? ''];
}

function alertOf(labels: Labels, startsAt: number): Alert {
  const rest = { status: 'firing', annotations: labelSet([]), startsAt, endsAt: null, generatorURL: '' } as const;
  return { fingerprint: fingerprintOf(labels), labels, ...rest };
}

function asJson({ incident, fix, hearings }: Forecast, rules: Rules, source: string, at: number): unknown {
  const { labels, classification, severity, priority, policy } = incident;
  const { category, confidence, reasons } = classification;
  return {
    ...{ at: moment(at), source, labels, category: { id: category, confidence, reasons }, severity, priority },
    service: serviceJson(rules, incident.service),
    team: owningTeam(incident) || null,
    fix: fix === null ? null : { id: fix.id, title: fix.title, mode: fix.mode },
    policy: {
      name: policy,
      steps: rules.policy(policy).steps.map((step) => ({
        ...{ level: step.level, notify: step.notify, channels: rules.channelsOf(step.notify, owningTeam(incident)) },
        ...{ inform: step.inform, requiresApproval: step.requiresApproval },
        ackTimeoutSeconds: Object.fromEntries(PRIORITIES.map((one) => [one, seconds(step.ackTimeoutMs[one])])),
      })),
    },
    hears: hearings.map(({ afterMs, ...hearing }) => ({
      afterSeconds: seconds(afterMs),
      at: moment(at + afterMs),
      ...hearing,
    })),
  };
}

function asTable(told: Forecast, rules: Rules, at: number): string {
  const { incident, fix, hearings } = told;
  const { category, confidence, reasons } = incident.classification;
  const because = reasons[0] === undefined ? '' : `: ${reasons[0]}`;
  const facts = [
    ['Category', `${category} (${Math.round(confidence * 100)} %)${because}`],
    ['Priority', `${incident.priority}, severity ${incident.severity}`],
    ['Service', serviceLine(rules, incident.service)],
    ['Team', owningTeam(incident) || 'none owns it'],
    ['Known fix', fix === null ? 'none applies' : `${fix.title} (${fix.mode.replace('_', ' ')}) goes first`],
    ['Policy', incident.policy],
    ...rules.policy(incident.policy).steps.map((step) => ['', stepLine(step, rules, owningTeam(incident))]),
  ];
  const rows = hearings.map(({ afterMs, level, purpose, channel, recipient, why }) => [
    ...[
      speakDuration(afterMs),
      moment(at + afterMs)
        .slice(0, 16)
        .replace('T', ' '),
      level,
      purpose,
    ],
    ...[channel, recipient, why],
  ]);
  const head = ['AFTER', 'AT (UTC)', 'LEVEL', 'WHAT', 'CHANNEL', 'THROUGH', 'WHY'];
  const none = 'Nobody would be told.';
  const condition = fix === null ? 'If nobody acknowledges:' : 'If nobody acknowledges and the known fix does not run:';
  return [...columns(facts), '', ...(rows.length === 0 ? [none] : [condition, ...columns([head, ...rows])]), ''].join(
    '\n',
  );
}

/** What the catalogue says of it; a name that is not in the catalogue owns nothing. */
function serviceJson({ services }: Rules, name: string): unknown {
  if (name === '') return null;
  const service = services.named(name);
  return { name, known: service !== null, team: service?.team || null, tier: service?.tier ?? null };
}

function serviceLine({ services }: Rules, name: string): string {
  if (name === '') return 'the labels name none';
  const service = services.named(name);
  return service === null ? `${name}, which is not in the catalogue` : speakService(service);
}

function stepLine(step: PolicyStep, rules: Rules, team: string): string {
  const channels = rules.channelsOf(step.notify, team).join(', ') || 'no channel: the fallback is told';
  const timeouts = PRIORITIES.map((one) => `${one} ${speakTimeout(step.ackTimeoutMs[one])}`).join(', ');
  const waits = PRIORITIES.some((one) => step.ackTimeoutMs[one] !== null) ? `; acknowledge within ${timeouts}` : '';
  const approval = step.requiresApproval ? '; only when a person approves' : '';
  return `Level ${step.level}: ${step.notify.join(', ')} → ${channels}${waits}${approval}`;
}

function speakTimeout(ms: number | null): string {
  return ms === null ? 'off' : speakDuration(ms);
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_cell, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cleanLine(cell, 300) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}

function moment(ms: number): string {
  return new Date(ms).toISOString();
}
