import { cleanLine } from '../../domain/text.ts';
import { ESCALATION_SENTENCES } from '../../domain/sentences.ts';
import { sentence, titleOf, wanted } from './facts.ts';
import { sayClock } from '../../domain/moment.ts';
import type { NoticeInput, Section, Wording } from './notice-input.ts';
import { fullSections } from './page.ts';

const TIMELINE_ROWS = 12;

/** It comes up a level: why, what was tried, what happened so far, and everything that was collected. */
export function wordEscalation(input: NoticeInput): Wording {
  const { incident, level, at } = input;
  const ask =
    incident.status === 'triggered' ? `Please ${wanted(incident, at)}.` : `Wanted of you: ${wanted(incident, at)}.`;
  const headline = `It comes to Level ${level} because ${reasonOf(input)}: ${sentence(titleOf(incident))} ${ask}`;
  const sections = [...fullSections(input), ...timelineRows(input), ...bundleNote(input)];
  return { headline, sections, asks: true, hint: '' };
}

/** The clause of the job, else of the newest escalation. */
function reasonOf({ why, incident }: NoticeInput): string {
  const reason = incident.escalations.at(-1)?.reason;
  const clause = why === '' && reason !== undefined ? ESCALATION_SENTENCES[reason] : why;
  // A reason may begin as a sentence; here it stands within one.
  return cleanLine(clause || 'the policy says so', 400)
    .replace(/^Known fix\b/, 'the known fix')
    .replace(/\.$/, '');
}

function timelineRows({ timeline, at }: NoticeInput): Section[] {
  if (timeline.length === 0) return [];
  const told = timeline.filter(({ type }) => type !== 'deadline');
  // The beginning says what it was, the end where it stands.
  const shown = told.length <= TIMELINE_ROWS ? told : [...told.slice(0, 3), ...told.slice(3 - TIMELINE_ROWS)];
  const rows = shown.map((entry) => `${sayClock(Date.parse(entry.at), at)}  ${cleanLine(entry.text, 240)}`);
  if (shown.length < told.length) rows.splice(3, 0, `… ${told.length - shown.length} entries between …`);
  return [{ title: 'What happened so far', text: rows.join('\n'), code: true }];
}

function bundleNote({ bundle }: NoticeInput): Section[] {
  if (bundle === null) return [];
  const text = `${bundle.name} holds everything that was collected: start with its README.md. SHA-256 ${bundle.sha256}`;
  return [{ title: 'Handover bundle', text, code: false }];
}
