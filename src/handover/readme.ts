import { label } from '../domain/alert.ts';
import { CATEGORY_TITLES } from '../domain/category.ts';
import { speakDuration } from '../domain/duration.ts';
import { incidentId, type Incident } from '../domain/incident.ts';
import { measuredImpact } from '../domain/measured-impact.ts';
import { ATTEMPT_SENTENCES, ESCALATION_SENTENCES } from '../domain/sentences.ts';
import { sayExactly } from '../domain/moment.ts';
import { count } from '../domain/text.ts';
import { aroundBullets } from './around-files.ts';
import { speakService } from '../domain/service.ts';
import { speakMeasuredSpread } from '../domain/spread.ts';
import { speakSituation } from '../incidents/situation.ts';
import type { BundleInput } from './bundle-input.ts';
import { bullets, document, inline } from './markdown.ts';
import { openQuestions } from './open-questions.ts';

/** `README.md`: the one page that a tired engineer reads first. */
export function readme(input: BundleInput): string {
  const { incident, now, links } = input;
  return document([
    `# ${incidentId(incident)}: ${inline(incident.title, 200)}`,
    `Handed to Level ${incident.level} at ${sayExactly(now)}, ${speakDuration(now - incident.createdAt)} after it was opened.`,
    bullets([...facts(incident, now), ...catalogue(input), ...links.map(({ url }) => `**In the console**: <${url}>`)]),
    `## Why it comes to Level ${incident.level}`,
    bullets(reasons(input)),
    '## What was tried',
    bullets(tried(incident)),
    '## What the logs say',
    logs(incident),
    ...around(incident),
    '## Open questions',
    bullets(openQuestions(incident)),
    '## Who to ask',
    bullets([...whoToAsk(incident), ...contacts(input)]),
    '## What lies in this bundle',
    bullets(CONTENTS),
  ]);
}

function facts(incident: Incident, now: number): string[] {
  const { classification, annotations, startsAt, impact, firing, priority, severity, service, environment, labels } =
    incident;
  const { category, confidence, reasons } = classification;
  const known = [speakMeasuredSpread(incident), measuredImpact(incident)].filter((part) => part !== '');
  const said = label(annotations, 'description') || label(annotations, 'summary') || label(annotations, 'message');
  const place = [service, environment, label(labels, 'instance')].filter((part) => part !== '');
  return [
    `**What**: ${inline(said === '' ? incident.title : said, 800)}`,
    `**Since**: ${sayExactly(startsAt)} (${speakDuration(now - startsAt)})`,
    `**Impact**: ${priority}, severity ${severity}; ${firing} of ${count(impact.alerts, 'alert')} firing, ${count(impact.targets, 'target')} hit${known.map((part) => `; ${inline(part, 200)}`).join('')}`,
    `**Where**: ${place.length === 0 ? 'the alert names no place' : inline(place.join(', '), 300)}`,
    `**Category**: ${CATEGORY_TITLES[category]} (${Math.round(confidence * 100)} %)${reasons[0] === undefined ? '' : `: ${inline(reasons[0], 300)}`}`,
    `**State**: ${incident.status}${incident.acknowledgedBy === null ? '' : ` by ${inline(incident.acknowledgedBy, 80)}`}`,
  ];
}

/** What the catalogue of services knows of it. */
function catalogue({ incident, service, situation }: BundleInput): string[] {
  return [
    ...(service ? [`**Service**: ${inline(speakService({ ...service, contacts: [] }), 400)}`] : []),
    ...(service && service.runbook !== '' ? [`**Runbook**: <${new URL(service.runbook).href}>`] : []),
    ...(situation ? [`**Situation**: ${inline(speakSituation(situation, incident.number), 400)}`] : []),
  ];
}

function contacts({ service }: BundleInput): string[] {
  return (service?.contacts ?? []).map((contact) => `${inline(contact, 200)}, for ${inline(service?.name ?? '', 63)}`);
}

function reasons({ incident, why }: BundleInput): string[] {
  const { escalations, escalationsLeftOut = 0 } = incident;
  const steps = escalations.map(
    ({ from, to, reason, at, by }) =>
      `${sayExactly(at)}: Level ${from} to Level ${to}, because ${ESCALATION_SENTENCES[reason]} (${inline(by, 80)})`,
  );
  if (escalationsLeftOut > 0) steps.splice(1, 0, `${escalationsLeftOut} more before the next; see \`timeline.md\``);
  const now = why === '' ? [] : [inline(why, 600)];
  return steps.length + now.length === 0
    ? ['A person asked for this bundle; nothing was escalated yet.']
    : [...now, ...steps];
}

function tried({ attempts }: Incident): string[] {
  if (attempts.length === 0) return ['No known fix was run.'];
  return attempts.map(({ title, target, state, reasons, exitCode }) => {
    const exit = exitCode === null ? '' : `, exit status ${exitCode}`;
    const first = reasons[0] === undefined ? '' : ` (${inline(reasons[0], 300)})`;
    return `${inline(title, 120)} on ${inline(target, 200)}: ${ATTEMPT_SENTENCES[state]}${exit}${first}`;
  });
}

function logs({ evidence }: Incident): string {
  const newest = evidence.findLast(({ kind }) => kind === 'logs');
  if (newest === undefined) return 'No logs were collected yet.';
  const top = newest.lines.slice(0, 3).map(({ count, text }) => `${count}× ${inline(text, 200)}`);
  return [inline(newest.reason, 600), ...(top.length === 0 ? [] : [bullets(top)])].join('\n\n');
}

function around(incident: Incident): string[] {
  const known = aroundBullets(incident);
  return known.length === 0 ? [] : ['## What else is known', bullets([...known, 'More in `evidence/`'])];
}

function whoToAsk({ team, acknowledgedBy, escalations, told, service }: Incident): string[] {
  const people = [...new Set([acknowledgedBy, ...escalations.map(({ by }) => by)])].filter(
    (name) => name !== null && name !== 'tierbell',
  );
  const channels = [...new Set(told.filter(({ ok }) => ok).map(({ channel, level }) => `${channel} (Level ${level})`))];
  const silent = [...new Set(told.filter(({ ok }) => !ok).map(({ channel }) => channel))];
  return [
    team === '' ? `No team is named for ${service === '' ? 'this alert' : inline(service)}.` : `Team ${inline(team)}`,
    ...people.map((name) => `${inline(name ?? '', 80)}, who had a hand in it`),
    channels.length === 0
      ? 'Nobody has been told so far, as far as the record shows.'
      : `Told so far: ${inline(channels.slice(0, 10).join(', '))}`,
    ...(silent.length === 0 ? [] : [`Not reached: ${inline(silent.slice(0, 10).join(', '))}`]),
  ];
}

const CONTENTS: readonly string[] = [
  '`checklist.md`: steps for this category and level',
  '`logs/excerpt.md`: the lines that matter; `logs/raw.ndjson.gz`: all that were fetched; `logs/query.json`: how to ask again',
  '`fixes/`: each attempt with its output, where there was one',
  '`timeline.md`, `timeline.ndjson`: everything that happened, with hashes',
  '`incident.json`, `alerts.json`: for programs',
  '`meeting.ics`: the handover meeting',
  '`SHA256SUMS`: check with `sha256sum -c SHA256SUMS`',
];
