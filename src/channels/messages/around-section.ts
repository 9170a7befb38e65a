import type { Evidence, EvidenceKind, Incident } from '../../domain/incident.ts';
import { impactEvidence } from '../../domain/measured-impact.ts';
import { cleanLine } from '../../domain/text.ts';
import type { Section } from './notice-input.ts';

/** In the order in which they are read, with how many lines each may take. */
const KINDS: readonly (readonly [kind: EvidenceKind, name: string, lines: number])[] = [
  ['change', 'Changed', 2],
  ['metric', 'Metric', 1],
  ['provider_status', 'Provider', 2],
  ['healthy_peer', 'Beside it', 1],
  ['related', 'Also', 2],
  ['similar', 'Before', 2],
];
const LINE_CHARS = 280;

/** The newest of each kind beside the logs. */
function newestOf({ evidence }: Incident, kind: EvidenceKind): readonly Evidence[] {
  const all = evidence.filter((piece) => piece.kind === kind && piece.about === undefined);
  const last = all.at(-1);
  return last === undefined ? [] : all.filter(({ at }) => at === last.at);
}

/** What stands around the incident, a line each: `Changed: checkout 4.2.1 deployed 6 min before the alert, by ada`. */
export function aroundLines(incident: Incident): readonly string[] {
  const impact = impactEvidence(incident);
  const first = impact === undefined ? [] : linesOf(impact).map((line) => cleanLine(`Impact: ${line}`, LINE_CHARS));
  const others = KINDS.flatMap(([kind, name, most]) => {
    const said = newestOf(incident, kind).filter(isWorthSaying).flatMap(linesOf);
    const more = said.length > most ? ` (and ${said.length - most} more)` : '';
    const shown = said.slice(0, most);
    return shown.map((line, index) =>
      cleanLine(`${name}: ${line}${index === shown.length - 1 ? more : ''}`, LINE_CHARS),
    );
  });
  return [...first, ...others];
}

/** Most services have nothing healthy beside them, or no versions to tell: the record says so, no message need. */
function isWorthSaying({ kind, state, facts = [] }: Evidence): boolean {
  return kind !== 'healthy_peer' || (state !== 'unavailable' && facts.length > 0);
}

function linesOf({ state, reason, facts = [] }: Evidence): readonly string[] {
  if (state === 'unavailable') return [`not available: ${cleanLine(reason, 200)}`];
  return facts.length > 0 ? facts.map(({ text }) => cleanLine(text, 240)) : [cleanLine(reason, 240)];
}

/** One short section, or none where nothing is known. */
export function aroundSections(incident: Incident): Section[] {
  const lines = aroundLines(incident);
  return lines.length === 0 ? [] : [{ title: 'Around it', text: lines.join('\n'), code: false }];
}
