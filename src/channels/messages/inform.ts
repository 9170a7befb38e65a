import { incidentId } from '../../domain/incident.ts';
import { cleanLine } from '../../domain/text.ts';
import { evidenceSections } from './evidence-section.ts';
import { titleOf } from './facts.ts';
import { fixSections } from './fix-section.ts';
import { whatItSays } from './alert-sections.ts';
import { saySince } from './moment-words.ts';
import type { NoticeInput, Wording } from './notice-input.ts';

/** For those who must know without being the ones to act. */
export function wordInform({ incident, why, at }: NoticeInput): Wording {
  const news = why === '' ? `since ${saySince(incident.startsAt, at)}` : cleanLine(why, 400).replace(/\.$/, '');
  return {
    headline: `For your information: ${titleOf(incident)}; ${news}.`,
    sections: [...whatItSays(incident), ...evidenceSections(incident, { pending: false }), ...fixSections(incident)],
    asks: false,
    hint: `Level ${incident.level} has it. To read on: tierbell incident show ${incidentId(incident)}`,
  };
}
