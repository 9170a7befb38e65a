import { bars, lines, type Row, stat, table } from './panels.ts';
import { grown, held, mean, orZero, quantile, RANGE, series } from './queries.ts';

const OPEN = held('incidents_open', 'category, level, status, priority, team');
const LEVELS = [{ level: '2' }, { level: '3' }];

/** Of those that the bridge decided. */
const DECIDED = 'category!="unclassified"';

/** What a manager reads: what needs somebody, how fast people answer, what goes up a level and why. */
export const PEOPLE_ROWS: readonly Row[] = [
  {
    title: 'Now: what needs somebody',
    panels: [
      stat({
        title: 'Open incidents by level',
        description:
          'What nobody has resolved yet. Many at Level 3 means that the experts are the bottleneck: look below at which reasons bring work there. Empty means that Prometheus does not reach the bridge.',
        queries: { 'Level {{level}}': orZero(`sum by (level) (${OPEN})`, ...LEVELS) },
        unit: 'short',
      }),
      stat({
        title: 'Longest wait for an acknowledgement',
        description:
          'How long the oldest incident has waited that nobody took. Orange from 5 min, red from 15 min, the times that the shipped policy gives to P1 and P2. Call somebody of that level, or escalate by hand.',
        queries: {
          'Level {{level}}': orZero(`time() - ${held('oldest_unacknowledged_timestamp_seconds', 'level')}`, ...LEVELS),
        },
        unit: 's',
        warn: 300,
        alarm: 900,
        words: { 0: 'nobody waits' },
      }),
      lines({
        title: 'Open incidents by category',
        description:
          'A category that grows and does not shrink again lacks people or a known fix. Unclassified ones wait for a person to name them.',
        queries: { '{{category}}': orZero(`sum by (category) (${OPEN})`, { category: 'unclassified' }) },
        unit: 'short',
        stacked: true,
      }),
      bars({
        title: 'Open incidents by priority and state',
        description: 'A P1 that is triggered has nobody at work on it. P1 comes first, whatever else is going on.',
        queries: {
          '{{priority}} {{status}}': orZero(`sum by (priority, status) (${OPEN})`, {
            priority: 'P1',
            status: 'triggered',
          }),
        },
        unit: 'short',
      }),
    ],
  },
  {
    title: 'How fast people answer (in the chosen time range)',
    panels: [
      table({
        title: 'Time to acknowledge (MTTA) by category',
        description:
          'From opened to first acknowledged. Where 9 of 10 take longer than the policy allows, escalations by ack_timeout follow: look at who is on call, and whether messages reach them.',
        by: 'category',
        queries: speed('acknowledge_duration_seconds'),
        unit: 's',
        own: { Incidents: { unit: 'none' } },
      }),
      table({
        title: 'Time to resolve (MTTR) by category',
        description:
          'From opened to resolved. A large gap between the half and the 9 of 10 means a few incidents that drag on: read their final reports.',
        by: 'category',
        queries: speed('resolve_duration_seconds'),
        unit: 's',
        own: { Incidents: { unit: 'none' } },
      }),
      lines({
        title: 'Time to acknowledge, over the day before',
        description:
          'Each point looks at the 24 hours before it. If it climbs, more incidents come than people answer.',
        queries: trend('acknowledge_duration_seconds'),
        unit: 's',
      }),
      lines({
        title: 'Time to resolve, over the day before',
        description: 'Each point looks at the 24 hours before it. If it climbs, look at which category does so above.',
        queries: trend('resolve_duration_seconds'),
        unit: 's',
      }),
    ],
  },
  {
    title: 'Escalations (in the chosen time range)',
    panels: [
      bars({
        title: 'Escalations by reason',
        description:
          'ack_timeout: nobody took it, look at the roster and the channels. no_known_fix or fix_failed: write or mend a known fix. time_at_level or skill: Level 2 needs training or a procedure. Escalating as such is normal.',
        queries: { '{{reason}}': `sum by (reason) (increase(${series('escalations_total')}[${RANGE}])) > 0` },
        unit: 'short',
      }),
      bars({
        title: 'Escalations by category',
        description: 'Which category needs Level 3 most. The next known fix or procedure pays off most there.',
        queries: {
          '{{category}}': `sum by (category) (increase(${series('escalations_total', 'from="2"', 'to="3"')}[${RANGE}]))`,
        },
        unit: 'short',
      }),
      lines({
        title: 'Escalations in the hour before, by reason',
        description:
          'A sudden step of one reason has one cause: a channel that is down, a fix that broke, one large outage.',
        queries: { '{{reason}}': `sum by (reason) (increase(${series('escalations_total')}[1h])) > 0` },
        unit: 'short',
        stacked: true,
      }),
      stat({
        title: 'Share of incidents that went to Level 3, and time to the hand-over',
        description:
          'How many of the opened incidents Level 2 could not end, and how long half and 9 of 10 took from opened to the bundle for Level 3. A long time with a high share: let the policy escalate these earlier.',
        queries: {
          'went to Level 3': `sum(increase(${series('escalations_total', 'from="2"', 'to="3"')}[${RANGE}])) / (sum(increase(${series('incidents_total')}[${RANGE}])) > 0)`,
          'half within': quantile(0.5, 'handover_duration_seconds', '', RANGE),
          '9 of 10 within': quantile(0.9, 'handover_duration_seconds', '', RANGE),
        },
        unit: 's',
        own: { 'went to Level 3': { unit: 'percentunit' } },
        tall: true,
      }),
    ],
  },
  {
    title: 'Judgement: do people agree with the bridge (in the chosen time range)',
    panels: [
      table({
        title: 'Category and priority that people kept',
        description:
          'Of the incidents that people saw and that have been resolved: the share whose category, and whose priority, they left as the bridge had given it. Where it is low, look beside at what they changed, and run `tierbell rules propose`.',
        by: 'category',
        queries: {
          'Category kept': kept('category'),
          'Priority kept': kept('priority'),
          Incidents: `sum by (category) (${grown('judgements_total', RANGE, 'judgement="category"', DECIDED)})`,
        },
        unit: 'short',
        own: { 'Category kept': { unit: 'percentunit' }, 'Priority kept': { unit: 'percentunit' } },
      }),
      bars({
        title: 'Categories that people changed',
        description:
          'From what, to what. The same pair again and again wants a rule of your own: `tierbell rules propose` prints it. From unclassified: the bridge had asked, and a person decided.',
        queries: {
          '{{from}} → {{to}}': `sum by (from, to) (increase(${series('category_corrections_total')}[${RANGE}])) > 0`,
        },
        unit: 'short',
      }),
      bars({
        title: 'Shadow rules: the newest incidents, decided alike or otherwise',
        description:
          'Rules under `shadow:` run beside the present ones and act on nothing. Empty where none are named. Skipped ones could not be compared: the page /shadow of the console says why.',
        queries: { '{{outcome}}': held('shadow_incidents', 'outcome') },
        unit: 'short',
      }),
      bars({
        title: 'Shadow rules: what they would have decided otherwise',
        description:
          'In how many of the newest incidents each thing differs. Read them one by one on the page /shadow of the console, or with `tierbell shadow`, before these rules take the place of the present ones.',
        queries: { '{{kind}}': `${held('shadow_differences', 'kind')} > 0` },
        unit: 'short',
      }),
    ],
  },
];

/** The share by category; nothing where nobody judged. */
function kept(judgement: 'category' | 'priority'): string {
  const count = (...more: readonly string[]): string =>
    `sum by (category) (${grown('judgements_total', RANGE, `judgement="${judgement}"`, DECIDED, ...more)})`;
  return `${count('outcome="kept"')} / (${count()} > 0)`;
}

function speed(histogram: string): Readonly<Record<string, string>> {
  return {
    'Half within': quantile(0.5, histogram, 'category', RANGE),
    '9 of 10 within': quantile(0.9, histogram, 'category', RANGE),
    Mean: mean(histogram, 'category', RANGE),
    Incidents: `sum by (category) (${grown(`${histogram}_count`, RANGE)})`,
  };
}

function trend(histogram: string): Readonly<Record<string, string>> {
  return { 'half within': quantile(0.5, histogram, '', '1d'), '9 of 10 within': quantile(0.9, histogram, '', '1d') };
}
