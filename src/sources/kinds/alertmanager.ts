import { z } from 'zod';
import { duration, matchers, name, size } from '../../config/fields.ts';
import { labelSet, type Alert, type AlertGroup } from '../../domain/alert.ts';
import { matchesAll, parseMatcher } from '../../domain/matcher.ts';
import { createBearerCheck } from '../bearer.ts';
import { Findings } from '../findings.ts';
import { isRecord, normaliseAlert, readStatusWord, readText, readUrl, type AlertSurroundings } from '../normalise.ts';
import { defineSource, type ParsedDelivery, type ShapeProblem, type Source, type SourceContext } from '../source.ts';

const auth = z
  .strictObject({
    bearer_token: z.string().min(1).optional(),
    bearer_token_files: z.array(z.string()).min(1).optional(),
  })
  .refine((value) => value.bearer_token !== undefined || value.bearer_token_files !== undefined, {
    error: 'bearer_token or bearer_token_files',
  });

export const config = z.strictObject({
  name,
  kind: z.literal('alertmanager'),
  auth: auth.optional(),
  labels: z.record(z.string(), z.string()).default({}),
  max_body: size.optional(),
  /** At least one matcher: an empty list fits everything, and then no alert would ever become an incident. */
  heartbeat: z.strictObject({ matchers: matchers.min(1), interval: duration.default(300_000) }).optional(),
});
type Config = z.output<typeof config>;

/** Bytes. 600 ordinary alerts are 536 kB. */
const MAX_BODY_OPEN = 5_000_000;
const MAX_BODY_AUTHENTICATED = 32_000_000;
/** Characters. A grouping key holds the values of its labels. */
const GROUP_KEY_MAX = 65_536;
const RECEIVER_MAX = 1024;

/** Alertmanager's webhook, version "4". */
export const alertmanager = defineSource({ kind: 'alertmanager', config, create });

function create(settings: Config, context: SourceContext): Source {
  const check = settings.auth && createBearerCheck(settings.name, settings.auth, context);
  const beat = settings.heartbeat?.matchers.map(parseMatcher);
  const labels = labelSet(Object.entries(settings.labels));
  return {
    name: settings.name,
    kind: 'alertmanager',
    maxBody: settings.max_body ?? (check === undefined ? MAX_BODY_OPEN : MAX_BODY_AUTHENTICATED),
    authenticated: check !== undefined,
    signsBody: false,
    authenticate: (headers) => check === undefined || check(headers),
    check: checkShape,
    parse: (json, receivedAt) => parse(json, settings.name, { receivedAt, labels }),
    isHeartbeat: (alert) => beat !== undefined && matchesAll(beat, alert.labels),
  };
}

function checkShape(json: unknown): ShapeProblem | null {
  if (!isRecord(json)) return { field: '', problem: "must be an object, as Alertmanager's webhook sends it" };
  const alerts = json['alerts'];
  if (alerts === undefined)
    return { field: 'alerts', problem: 'is missing; a payload template of your own must keep the list of alerts' };
  if (!Array.isArray(alerts)) return { field: 'alerts', problem: 'must be a list' };
  return alerts.length === 0 ? { field: 'alerts', problem: 'must hold at least one alert' } : null;
}

function parse(
  json: unknown,
  source: string,
  around: Pick<AlertSurroundings, 'receivedAt' | 'labels'>,
): ParsedDelivery {
  const findings = new Findings();
  const problem = checkShape(json);
  if (problem !== null || !isRecord(json)) {
    findings.aside(0, problem?.field ?? '', problem?.problem ?? '', json);
    return { groups: [], setAside: findings.setAside, notes: [] };
  }
  const surroundings = { ...around, groupStatus: readStatusWord(json['status']), findings };
  const alerts = (json['alerts'] as readonly unknown[])
    .map((raw, index) => normaliseAlert(raw, index, surroundings))
    .filter((alert): alert is Alert => alert !== null);
  const groups = alerts.length === 0 ? [] : [readGroup(json, source, alerts)];
  return { groups, setAside: findings.setAside, notes: findings.notes };
}

function readGroup(json: Readonly<Record<string, unknown>>, source: string, alerts: readonly Alert[]): AlertGroup {
  const truncated = Number(json['truncatedAlerts'] ?? 0);
  return {
    source,
    groupKey: readText(json['groupKey'], GROUP_KEY_MAX) || null,
    receiver: readText(json['receiver'], RECEIVER_MAX),
    externalURL: readUrl(json['externalURL']),
    truncatedAlerts: truncated > 0 && Number.isFinite(truncated) ? Math.ceil(truncated) : 0,
    alerts,
  };
}
