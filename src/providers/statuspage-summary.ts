import { z } from 'zod';
import { cleanLine, httpUrl } from '../domain/text.ts';
import type { ProviderStatus, ProviderTrouble } from './provider.ts';

/** How many of each list are read: a page in trouble may name hundreds of components. */
const READ_MAX = 500;
const COMPONENTS_SHOWN = 5;

const text = z.string().nullish();
const summary = z.object({
  status: z.object({ indicator: z.string(), description: z.string() }),
  incidents: z
    .array(z.object({ name: text, status: text, impact: text, shortlink: text, started_at: text, created_at: text }))
    .default([]),
  components: z.array(z.object({ name: text, status: text, group: z.boolean().nullish() })).default([]),
  scheduled_maintenances: z
    .array(z.object({ name: text, status: text, impact: text, shortlink: text, scheduled_for: text }))
    .default([]),
});
type Summary = z.output<typeof summary>;

/** The worst first, as Statuspage names them. */
const IMPACTS = ['critical', 'major', 'minor', 'maintenance', 'none'];

/** Reads `/api/v2/summary.json`; null where it is none. Pure. */
export function readSummary(body: string): ProviderStatus | null {
  const read = summary.safeParse(parse(body));
  if (!read.success) return null;
  const { status } = read.data;
  const said = cleanLine(status.description, 200) || 'no words of its own';
  const told = [...incidents(read.data), ...maintenances(read.data)];
  const troubles = [...told, ...components(read.data)];
  // It says that something is wrong, and not what.
  if (troubles.length === 0 && status.indicator !== 'none')
    return { summary: said, troubles: [{ at: null, text: said, url: '' }] };
  return { summary: said, troubles };
}

function incidents({ incidents: all }: Summary): readonly ProviderTrouble[] {
  return all
    .slice(0, READ_MAX)
    .filter(({ status }) => status !== 'resolved' && status !== 'postmortem')
    .toSorted((a, b) => rankOf(a.impact) - rankOf(b.impact))
    .map(({ name, impact, status, shortlink, started_at, created_at }) => ({
      at: momentOf(started_at ?? created_at),
      text: speak(name, [impact === 'none' ? '' : impact, status]),
      url: httpUrl(shortlink ?? ''),
    }));
}

/** Only what is under way. */
function maintenances({ scheduled_maintenances: all }: Summary): readonly ProviderTrouble[] {
  return all
    .slice(0, READ_MAX)
    .filter(({ status }) => status === 'in_progress' || status === 'verifying')
    .map(({ name, shortlink, scheduled_for }) => ({
      at: momentOf(scheduled_for),
      text: speak(name, ['maintenance under way']),
      url: httpUrl(shortlink ?? ''),
    }));
}

/** One line for all of them: which parts do not work. */
function components({ components: all }: Summary): readonly ProviderTrouble[] {
  const hit = all
    .slice(0, READ_MAX)
    .filter(({ status, group }) => group !== true && typeof status === 'string' && status !== 'operational')
    .map(({ name, status }) => speak(name, [(status ?? '').replaceAll('_', ' ')]));
  if (hit.length === 0) return [];
  const more = hit.length > COMPONENTS_SHOWN ? ` and ${hit.length - COMPONENTS_SHOWN} more` : '';
  return [{ at: null, text: `${hit.slice(0, COMPONENTS_SHOWN).join(', ')}${more}`, url: '' }];
}

function speak(name: string | null | undefined, facts: readonly (string | null | undefined)[]): string {
  const known = facts.filter((fact) => fact !== null && fact !== undefined && fact !== '');
  const told = known.length === 0 ? '' : ` (${cleanLine(known.join(', '), 80)})`;
  return `${cleanLine(name ?? '', 160) || 'without a name'}${told}`;
}

function rankOf(impact: string | null | undefined): number {
  const rank = IMPACTS.indexOf(impact ?? '');
  return rank < 0 ? IMPACTS.length : rank;
}

function momentOf(raw: string | null | undefined): number | null {
  const at = Date.parse(raw ?? '');
  return Number.isNaN(at) || at < 0 ? null : at;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}
