import { speakDuration } from '../../domain/duration.ts';
import { incidentId, type Incident } from '../../domain/incident.ts';
import { cleanLine } from '../../domain/text.ts';
import { categoryReasons } from './alert-sections.ts';
import { aroundLines } from './around-section.ts';
import { evidenceSections, logsOf } from './evidence-section.ts';
import { sentence, titleOf, wanted } from './facts.ts';
import { fixSections } from './fix-section.ts';
import { sayClock } from '../../domain/moment.ts';
import type { NoticeInput, Wording } from './notice-input.ts';

/** The logs that the first message promised, or why there are none. */
export function wordEvidence({ incident, at }: NoticeInput): Wording {
  const asks = incident.status === 'triggered';
  return {
    headline: `${sayFound(incident)}. Wanted of you: ${wanted(incident, at)}.`,
    sections: [...evidenceSections(incident, { pending: false }), ...categoryReasons(incident)],
    asks,
    hint: '',
  };
}

function sayFound(incident: Incident): string {
  const about = `${incidentId(incident)}, ${titleOf({ ...incident, firing: 1 })}`;
  const logs = logsOf(incident);
  const [around] = aroundLines(incident);
  if (around !== undefined && (logs === undefined || logs.store === '')) return `Found around ${about}: ${around}`;
  const what = logs === undefined ? 'nothing was found' : cleanLine(logs.reason, 300).replace(/\.$/, '');
  return `The logs for ${about}: ${what}`;
}

/** It is over: how, after how long, and by whom. */
export function wordResolved(input: NoticeInput): Wording {
  const { incident, at } = input;
  const took = incident.resolvedAt === null ? '' : ` after ${speakDuration(incident.resolvedAt - incident.createdAt)}`;
  const when = incident.resolvedAt === null ? '' : ` at ${sayClock(incident.resolvedAt, at)}`;
  return {
    headline: `Resolved${when}${took}, ${howResolved(incident)}: ${sentence(cleanLine(incident.title))}`,
    sections: fixSections(incident),
    asks: false,
    hint: 'Nothing is wanted of you. Should it fire again within the time that the configuration sets, this incident opens again.',
  };
}

function howResolved({ resolvedHow, resolvedBy, attempts }: Incident): string {
  if (resolvedHow === 'fix') return `by the known fix "${cleanLine(attempts.at(-1)?.title ?? 'without a name', 120)}"`;
  if (resolvedHow === 'person') return `by ${cleanLine(resolvedBy ?? 'a person', 80)}`;
  return 'as every alert is quiet';
}
