import { z } from 'zod';
import { matchers, nameBut, positiveDuration, size } from '../config/fields.ts';
import { label, labelSet, type Labels } from '../domain/alert.ts';
import { matchesAll, parseMatcher } from '../domain/matcher.ts';
import { auth, createAuth } from './auth/auth.ts';
import type { Heartbeat, Source, SourceContext } from './source.ts';

/** Bytes. 600 ordinary alerts are 536 kB. */
const MAX_BODY_OPEN = 5_000_000;
const MAX_BODY_AUTHENTICATED = 32_000_000;
const HEARTBEAT_INTERVAL_MS = 300_000;
/** The always-firing alert of kube-prometheus and most rule sets: it shows that the chain is alive and nothing else. */
const WATCHDOG = 'Watchdog';

/** The settings that every kind of source has. */
export const commonSettings = {
  name: nameBut('tierbell').describe('Alerts come to /webhooks/NAME'),
  auth: auth.optional(),
  labels: z.record(z.string(), z.string()).describe('Added where the alert has no such label').default({}),
  max_body: size.describe('Of one request: 32MB where senders prove themselves, else 5MB').optional(),
  /** At least one matcher: an empty list fits everything, and then no alert would ever become an incident. */
  heartbeat: z
    .strictObject({
      matchers: matchers.min(1),
      interval: positiveDuration.describe('How often it comes at least').default(HEARTBEAT_INTERVAL_MS),
    })
    .describe('An alert that always fires: when it stays away, the chain of alerting is broken')
    .optional(),
};
const common = z.object(commonSettings);
export type CommonSettings = z.output<typeof common>;

/** What every kind of source makes of them. */
export type CommonPart = Pick<
  Source,
  'name' | 'maxBody' | 'authenticated' | 'challenge' | 'authenticate' | 'isHeartbeat' | 'heartbeat'
>;

export function createCommon(settings: CommonSettings, context: SourceContext): CommonPart {
  const method = createAuth(settings.auth, { ...context, source: settings.name });
  const authenticated = settings.auth !== undefined;
  const heartbeat = heartbeatOf(settings);
  return {
    name: settings.name,
    maxBody: settings.max_body ?? (authenticated ? MAX_BODY_AUTHENTICATED : MAX_BODY_OPEN),
    authenticated,
    challenge: method.challenge,
    authenticate: (headers, body) => method.check(headers, body),
    // Watchdog also where no heartbeat is configured: it fires for ever, so it must never become an incident.
    isHeartbeat: (alert) => label(alert.labels, 'alertname') === WATCHDOG || heartbeat?.matches(alert.labels) === true,
    heartbeat,
  };
}

function heartbeatOf(settings: CommonSettings): (Heartbeat & { matches(labels: Labels): boolean }) | null {
  if (settings.heartbeat === undefined) return null;
  const matchers = settings.heartbeat.matchers.map(parseMatcher);
  const named = matchers.find(({ name, op }) => name === 'alertname' && op === '=');
  const matches = (labels: Labels): boolean => matchesAll(matchers, labels);
  return {
    intervalMs: settings.heartbeat.interval,
    name: named?.value ?? 'heartbeat',
    labels: defaultLabels(settings),
    matches,
    isBeat: ({ status, labels }) => status === 'firing' && matches(labels),
  };
}

/** The labels that are added where an alert has none. */
export function defaultLabels(settings: CommonSettings): Labels {
  return labelSet(Object.entries(settings.labels));
}
