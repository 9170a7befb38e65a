import type { Procedure } from '../config/rules-schema.ts';
import { label } from '../domain/alert.ts';
import { LEVELS, type Incident, type Level } from '../domain/incident.ts';
import { INCIDENT_FIELDS } from '../domain/procedure-blanks.ts';
import { fillTemplate } from '../domain/template.ts';
import { cleanLine, httpUrl } from '../domain/text.ts';
import type { ProcedureStep } from './rules.ts';

/** A step with the incident's own values put in, and whether it is done. Times are epoch milliseconds. */
export interface FilledStep {
  readonly id: string;
  readonly level: Level;
  readonly text: string;
  /** '' where there is none, or where a value that it needs is missing. */
  readonly link: string;
  readonly done: boolean;
  readonly by: string | null;
  readonly at: number | null;
}

/** The steps of each category, its levels in the order of the course. */
export function compileProcedures(procedures: readonly Procedure[]): ReadonlyMap<string, readonly ProcedureStep[]> {
  const byCategory = new Map<string, ProcedureStep[]>();
  for (const level of LEVELS) {
    for (const { category, steps, level: at } of procedures) {
      if (at !== level) continue;
      const list = byCategory.get(category) ?? [];
      byCategory.set(category, [...list, ...steps.map((step) => ({ ...step, level }))]);
    }
  }
  return byCategory;
}

/** The procedure as it stands for an incident: the steps of the levels up to its own, in their order. */
export function procedureOf(steps: readonly ProcedureStep[], incident: Incident): FilledStep[] {
  const reached = LEVELS.indexOf(incident.level);
  return steps
    .filter(({ level }) => LEVELS.indexOf(level) <= reached && level !== '1')
    .map((step) => {
      const tick = Object.hasOwn(incident.ticks, step.id) ? incident.ticks[step.id] : undefined;
      const { text, link } = fillStep(step, incident);
      return {
        id: step.id,
        level: step.level,
        text,
        link,
        done: tick !== undefined,
        by: tick?.by ?? null,
        at: tick?.at ?? null,
      };
    });
}

/** How a step reads where the alert does not say. */
const MISSING: Readonly<Record<string, string>> = {
  'labels.instance': 'the host',
  'incident.service': 'the service',
  'incident.team': 'the team',
};

/** Fills `{{ labels.X }}`, `{{ annotations.X }}` and {@link PROCEDURE_BLANKS}; a missing value reads as such. */
export function fillStep({ text, link }: ProcedureStep, incident: Incident): { text: string; link: string } {
  const lookUp = (name: string): string | undefined => valueOf(name, incident);
  const spoken = fillTemplate(text, (name) => cleanLine(lookUp(name) ?? '', 200) || (MISSING[name] ?? 'unknown'));
  // A link that is one blank holds a whole address; elsewhere a value is a part of one.
  const address = fillTemplate(link, lookUp, /^\{\{[^}]*\}\}$/.test(link) ? undefined : encodeURIComponent);
  return { text: spoken.text, link: address.missing.length > 0 ? '' : httpUrl(address.text) };
}

function valueOf(name: string, incident: Incident): string | undefined {
  const dot = name.indexOf('.');
  const [space, field] = [name.slice(0, dot), name.slice(dot + 1)];
  if (space === 'labels') return label(incident.labels, field) || undefined;
  if (space === 'annotations') return label(incident.annotations, field) || undefined;
  if (name === 'evidence.logs.url') return incident.evidence.findLast(({ kind }) => kind === 'logs')?.url || undefined;
  if (space !== 'incident') return undefined;
  const read = Object.hasOwn(INCIDENT_FIELDS, field) ? INCIDENT_FIELDS[field] : undefined;
  return read?.(incident) || undefined;
}
