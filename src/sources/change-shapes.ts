import { createHash } from 'node:crypto';
import type { Change, ChangeKind, ChangeState } from '../domain/change.ts';
import { cleanLine } from '../domain/text.ts';
import { FUTURE_MAX_MS, isRecord, readUrl } from './normalise.ts';
import { readTime } from './read-time.ts';
import type { JsonObject } from './webhook-payload.ts';

/** The shapes in which changes are told. Each reader gives null for what is not of its shape; texts are cleaned later. */

/** A change as its shape tells it: nothing cleaned, and perhaps much missing. */
type Told = Partial<Record<'title' | 'service' | 'host' | 'environment' | 'version' | 'by' | 'url', unknown>> & {
  readonly id?: string;
  readonly at?: unknown;
  readonly kind?: ChangeKind;
  readonly state?: ChangeState;
};

const TEXT_MAX = 300;
const NAME_MAX = 200;

/** Reads one change of any shape; null where it tells none. @param receivedAt for those without a date of their own */
export function readChange(raw: unknown, receivedAt: number): Change | null {
  if (!isRecord(raw)) return null;
  const told = readGithub(raw) ?? readArgo(raw) ?? readAnnotation(raw) ?? readPlain(raw);
  return told === null ? null : clean(told, receivedAt);
}

/**
 * A webhook of GitHub, event `deployment` or `deployment_status`; a later status takes the place of an earlier one.
 * https://docs.github.com/en/webhooks/webhook-events-and-payloads#deployment_status
 */
function readGithub({ deployment, deployment_status: status, repository }: JsonObject): Told | null {
  if (!isRecord(deployment) || !isRecord(repository)) return null;
  const last = isRecord(status) ? status : {};
  const creator = isRecord(deployment['creator']) ? deployment['creator'] : {};
  return {
    id: `github ${String(repository['full_name'])} ${String(deployment['id'])}`,
    at: last['created_at'] ?? deployment['created_at'],
    kind: 'deployment',
    title: deployment['description'],
    service: repository['name'],
    environment: last['environment'] ?? deployment['environment'],
    version: shortRevision(deployment['ref'] ?? deployment['sha']),
    by: creator['login'],
    url: last['target_url'] || last['log_url'] || repository['html_url'],
    state: stateOf(last['state']),
  };
}

/**
 * An Application of Argo CD, as `{{toJson .app}}` gives it in a webhook template of its notifications, alone or as `app`.
 * https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/services/webhook/
 */
function readArgo(raw: JsonObject): Told | null {
  const app = isRecord(raw['app']) ? raw['app'] : raw;
  const { metadata, status } = app;
  if (!isRecord(metadata) || !isRecord(status)) return null;
  const labels = isRecord(metadata['labels']) ? metadata['labels'] : {};
  const operation = isRecord(status['operationState']) ? status['operationState'] : {};
  const result = isRecord(operation['syncResult']) ? operation['syncResult'] : {};
  const sync = isRecord(status['sync']) ? status['sync'] : {};
  const asked = isRecord(operation['operation']) ? operation['operation'] : {};
  const initiator = isRecord(asked['initiatedBy']) ? asked['initiatedBy'] : {};
  const revision = result['revision'] ?? sync['revision'];
  return {
    id: `argocd ${String(metadata['namespace'])} ${String(metadata['name'])} ${String(operation['startedAt'] ?? revision)}`,
    at: operation['finishedAt'] ?? operation['startedAt'],
    kind: 'deployment',
    title: operation['message'],
    service: metadata['name'],
    environment: labels['environment'] ?? labels['env'],
    version: shortRevision(revision),
    by: initiator['username'] ?? 'Argo CD',
    url: raw['url'],
    state: stateOf(operation['phase']),
  };
}

/**
 * An annotation of Grafana: `time` in epoch milliseconds, `text`, `tags` such as `service:checkout` and `deploy`.
 * https://grafana.com/docs/grafana/latest/developers/http_api/annotations/
 */
function readAnnotation({ id, time, text, tags, url, login }: JsonObject): Told | null {
  if (typeof time !== 'number' || typeof text !== 'string') return null;
  const words = Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
  const tagged = (...names: readonly string[]): string =>
    words
      .map((tag) => /^([\w-]+)[:=](.+)$/s.exec(tag))
      .find((match) => names.includes(match?.[1]?.toLowerCase() ?? ''))?.[2] ?? '';
  return {
    ...(typeof id === 'number' ? { id: `grafana ${id}` } : {}),
    at: time,
    kind: words.some((tag) => /^deploy/i.test(tag)) ? 'deployment' : 'change',
    title: text,
    service: tagged('service', 'app'),
    host: tagged('host', 'instance', 'node'),
    environment: tagged('environment', 'env'),
    version: tagged('version'),
    by: login,
    url,
  };
}

/** Our own: `{title, at, service, host, version, environment, by, url, kind}`. Something must say what was changed. */
function readPlain(raw: JsonObject): Told | null {
  const { id, title, at, service, host, environment, version, by, url, kind, state } = raw;
  const says = [title, service, host].some((value) => typeof value === 'string' && value.trim() !== '');
  if (!says) return null;
  const given = typeof id === 'string' || typeof id === 'number' ? { id: `id ${id}` } : {};
  return {
    ...given,
    at,
    title,
    service,
    host,
    environment,
    version,
    by,
    url,
    kind: kindOf(kind),
    state: stateOf(state),
  };
}

function kindOf(raw: unknown): ChangeKind {
  const word = typeof raw === 'string' ? raw.toLowerCase() : '';
  if (/^(deploy|release|rollout)/.test(word)) return 'deployment';
  return /^(config|setting|flag|feature)/.test(word) ? 'configuration' : 'change';
}

/** Of GitHub's states, Argo CD's phases, and what people write. */
function stateOf(raw: unknown): ChangeState {
  const word = typeof raw === 'string' ? raw.toLowerCase() : '';
  if (/^(fail|error|abort|cancel)/.test(word)) return 'failed';
  return /^(pending|queued|in_progress|waiting|running|start|terminating)/.test(word) ? 'running' : 'done';
}

/** A commit is known by its beginning. */
function shortRevision(raw: unknown): unknown {
  return typeof raw === 'string' && /^[0-9a-f]{40,64}$/.test(raw) ? raw.slice(0, 10) : raw;
}

function clean(told: Told, receivedAt: number): Change {
  const name = (raw: unknown): string =>
    typeof raw === 'string' || typeof raw === 'number' ? cleanLine(String(raw), NAME_MAX) : '';
  const at = momentOf(told.at);
  const change = {
    at: at === null || at > receivedAt + FUTURE_MAX_MS ? receivedAt : at,
    kind: told.kind ?? 'change',
    title: typeof told.title === 'string' ? cleanLine(told.title, TEXT_MAX) : '',
    ...{ service: name(told.service), host: name(told.host), environment: name(told.environment) },
    ...{ version: name(told.version), by: name(told.by), url: readUrl(told.url), state: told.state ?? 'done' },
  };
  const { state: _state, ...same } = change; // the same deployment, further on
  const identity = told.id ?? JSON.stringify(same);
  return { ...change, key: createHash('sha256').update(identity).digest('hex') };
}

/** RFC 3339, or epoch seconds or milliseconds; null where it is neither. */
function momentOf(raw: unknown): number | null {
  if (typeof raw !== 'number') return readTime(raw);
  const ms = raw < 1e11 ? raw * 1000 : raw;
  return Number.isFinite(ms) && ms > 0 && ms < 8.64e15 ? Math.floor(ms) : null;
}
