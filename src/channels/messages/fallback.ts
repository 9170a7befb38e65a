import { incidentId, type Incident } from '../../domain/incident.ts';
import { cleanLine } from '../../domain/text.ts';
import { prose } from './evidence-section.ts';
import { sentence, titleOf } from './facts.ts';
import { sayClock } from '../../domain/moment.ts';
import type { NoticeInput, Section, Wording } from './notice-input.ts';
import { fullSections } from './page.ts';

/** Whoever hears of what nobody received: says so plainly, and what to do about it. */
export function wordFallback(input: NoticeInput): Wording {
  const { incident, why } = input;
  const reason = cleanLine(why || 'the ordinary way failed', 500).replace(/\.$/, '');
  return {
    headline: `Perhaps nobody knows of this: ${reason}. The incident: ${sentence(titleOf(incident))}`,
    sections: [whatToDo(incident), ...notReceived(input), ...fullSections(input)],
    asks: true,
    hint: '',
  };
}

function whatToDo(incident: Incident): Section {
  const id = incidentId(incident);
  const who =
    incident.team === '' ? `Level ${incident.level}` : `${cleanLine(incident.team, 80)} (Level ${incident.level})`;
  const steps = [
    `1. Reach ${who} in another way, by telephone if need be, or take it yourself.`,
    `2. Whoever has it acknowledges: tierbell incident ack ${id}`,
  ];
  if (incident.told.some(({ ok }) => !ok))
    steps.push(
      '3. Mend the channel that failed: its settings, its address, its password. Then have it asked, which sends nothing: tierbell check-config --online',
    );
  return prose('What to do', steps.join('\n'));
}

function notReceived({ incident, at }: NoticeInput): Section[] {
  const failed = incident.told.filter(({ ok }) => !ok).slice(-5);
  if (failed.length === 0) return [];
  const rows = failed.map(
    (one) => `${sayClock(one.at, at)}  ${cleanLine(one.channel, 63)} (${one.purpose}): ${cleanLine(one.detail, 300)}`,
  );
  return [{ title: 'What did not arrive', text: rows.join('\n'), code: true }];
}
