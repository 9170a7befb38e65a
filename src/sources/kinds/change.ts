import { z } from 'zod';
import { label, type Labels } from '../../domain/alert.ts';
import type { Change } from '../../domain/change.ts';
import { readChange } from '../change-shapes.ts';
import { Findings } from '../findings.ts';
import { isRecord } from '../normalise.ts';
import { commonSettings, createCommon, defaultLabels } from '../settings.ts';
import { defineSource, type ParsedDelivery, type ShapeProblem } from '../source.ts';

/** Changes of one delivery; a deployment tool tells one at a time. */
const CHANGES_MAX = 1_000;

/**
 * Deployments and changes of configuration: plain JSON, GitHub's `deployment` and `deployment_status`, Argo CD's
 * Applications, Grafana's annotations. They never become incidents; they are evidence for those that follow.
 */
export const change = defineSource({
  kind: 'change',
  config: z.strictObject({ ...commonSettings, kind: z.literal('change') }),
  create(settings, context) {
    const labels = defaultLabels(settings);
    return {
      ...createCommon(settings, context),
      kind: 'change',
      paths: [''],
      check,
      parse: (json, receivedAt) => parse(json, receivedAt, labels),
    };
  },
});

/** One change, a list of them, or `{"changes": […]}`; GitHub's `ping` tells none and is welcome. */
function check(json: unknown): ShapeProblem | null {
  if (isPing(json)) return null;
  const list = listOf(json);
  if (list === null) return { field: '', problem: 'must be a change, or a list of changes' };
  if (list.length === 0) return { field: 'changes', problem: 'must hold at least one change' };
  if (list.some((raw) => readChange(raw, 0) !== null)) return null;
  const problem =
    'tells no change: it needs at least title, service or host (or be a deployment of GitHub, an Application of Argo CD, an annotation of Grafana)';
  return { field: '', problem };
}

function isPing(json: unknown): boolean {
  return isRecord(json) && typeof json['zen'] === 'string' && json['hook_id'] !== undefined;
}

function listOf(json: unknown): readonly unknown[] | null {
  if (Array.isArray(json)) return json.slice(0, CHANGES_MAX);
  if (!isRecord(json)) return null;
  return Array.isArray(json['changes']) ? json['changes'].slice(0, CHANGES_MAX) : [json];
}

function parse(json: unknown, receivedAt: number, labels: Labels): ParsedDelivery {
  const findings = new Findings();
  const changes = (isPing(json) ? [] : (listOf(json) ?? [])).flatMap((raw, index) => {
    const read = readChange(raw, receivedAt);
    if (read !== null) return [withDefaults(read, labels)];
    findings.aside(index, `changes[${index}]`, 'tells no change: neither title, service nor host', raw);
    return [];
  });
  return { groups: [], setAside: findings.setAside, notes: findings.notes, changes };
}

function withDefaults(read: Change, labels: Labels): Change {
  return {
    ...read,
    service: read.service || label(labels, 'service'),
    host: read.host || label(labels, 'host'),
    environment: read.environment || label(labels, 'environment'),
  };
}
