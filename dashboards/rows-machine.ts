import { bars, lines, type Row, stat } from './panels.ts';
import { grown, held, quantile, RANGE, series, STEP } from './queries.ts';

const REQUESTS = series('webhook_requests_total');
const FROZEN = { 0: 'fixes may run', 1: 'FROZEN' };

/** What an engineer reads: fixes, evidence, messages, what comes in, and the bridge itself. */
export const MACHINE_ROWS: readonly Row[] = [
  {
    title: 'Known fixes (in the chosen time range)',
    panels: [
      bars({
        title: 'Outcomes',
        description:
          'verified: the probe saw it healthy again. unverified, failed, unknown: people took over; read the attempt in the incident. refused: a guard rail said no, the incident says which. dry_run: once these look right, set the mode to approval or automatic.',
        queries: {
          '{{state}}': `sum by (state) (${grown('fix_attempts_total', RANGE, 'state!~"proposed|intent|started|succeeded"')})`,
        },
        unit: 'short',
      }),
      bars({
        title: 'Fixes that did not help, or whose trouble came back',
        description:
          'A fix that often does not help should be mended or go back to dry_run. One whose trouble comes back treats a symptom: open a problem for the cause.',
        queries: {
          '{{fix}}: did not help': `sum by (fix) (${grown('fix_attempts_total', RANGE, 'state=~"failed|unknown|unverified"')})`,
          '{{fix}}: came back': `sum by (fix) (${grown('fix_recurrences_total', RANGE)})`,
        },
        unit: 'short',
        alarm: 1,
      }),
      bars({
        title: 'How long fixes run (9 of 10 within)',
        description:
          'From started to finished. One that nears its timeout will be cut off, with an unknown outcome: give it more time.',
        queries: { '{{fix}}': quantile(0.9, 'fix_duration_seconds', 'fix', RANGE) },
        unit: 's',
      }),
      stat({
        title: 'Kill switch',
        description:
          'While frozen, no known fix runs and every incident goes to people. `tierbell freeze status` says who froze, `tierbell freeze off` ends it.',
        queries: { fixes: held('fixes_frozen') },
        unit: 'short',
        alarm: 1,
        words: FROZEN,
        tall: true,
      }),
    ],
  },
  {
    title: 'Evidence and categories (in the chosen time range)',
    panels: [
      lines({
        title: 'Evidence in the hour before, by log store and state',
        description:
          'unavailable: incidents reach people without log lines; the reason stands in each. partial: the budget of time or documents was not enough. `tierbell check-config --online` tries the store.',
        queries: {
          '{{store}} {{state}}': `sum by (store, state) (${grown('enrichment_duration_seconds_count', '1h')})`,
        },
        unit: 'short',
        stacked: true,
      }),
      bars({
        title: 'How long collecting logs takes',
        description:
          'Near the budget of the store (5 s unless set), evidence becomes partial: allow more time, or narrow its index.',
        queries: {
          '{{store}}: half within': quantile(0.5, 'enrichment_duration_seconds', 'store', RANGE),
          '{{store}}: 9 of 10 within': quantile(0.9, 'enrichment_duration_seconds', 'store', RANGE),
        },
        unit: 's',
        warn: 4,
        alarm: 5,
      }),
      lines({
        title: 'Log records read a second',
        description:
          'What the bridge reads from each log store. A store that stays at 0 while evidence is complete is asked for the wrong labels: see its `scope`.',
        queries: { '{{store}}': `sum by (store) (rate(${series('enrichment_documents_total')}[${STEP}]))` },
        unit: 'short',
        fine: true,
      }),
      bars({
        title: 'Categories given, and corrected by people',
        description:
          'Many unclassified: add rules to categories.yaml. A correction that repeats is a rule that is wrong: mend it, and try it with `tierbell classify`.',
        queries: {
          '{{category}} by {{method}}': `sum by (category, method) (increase(${series('classifications_total')}[${RANGE}])) > 0`,
          'corrected to {{to}}': `sum by (to) (increase(${series('category_corrections_total')}[${RANGE}]))`,
        },
        unit: 'short',
      }),
    ],
  },
  {
    title: 'Messages to people',
    panels: [
      lines({
        title: 'Messages in the hour before, by channel and result',
        description:
          'retried: the other side was slow or refused for now; it is tried again for three quarters of an hour. failed: nobody got it there, the fallback was told. `tierbell check-config --online` tries the channels.',
        queries: {
          '{{channel}} {{result}}': `sum by (channel, result) (increase(${series('notifications_total')}[1h]))`,
        },
        unit: 'short',
      }),
      bars({
        title: 'How long sending takes (9 of 10 within, in the chosen time range)',
        description: 'A send is given 30 s. Slow channels delay pages: look at the other side.',
        queries: { '{{channel}}': quantile(0.9, 'notification_duration_seconds', 'channel', RANGE) },
        unit: 's',
        warn: 5,
        alarm: 20,
      }),
    ],
  },
  {
    title: 'Alerts coming in',
    panels: [
      lines({
        title: 'Deliveries a second, by source and answer',
        description:
          '400, 401, 413, 415: refused, so an alert may be lost; the log names the field, the body is kept. 503: it could not be stored, the sender tries again: look at the disk.',
        queries: {
          '{{source}} {{code}}': `sum by (source, code) (rate(${REQUESTS}[${STEP}])) and on (source, code) (max by (source, code) (${REQUESTS}) > 0)`,
        },
        unit: 'reqps',
      }),
      lines({
        title: 'Alerts a second: received, and those that told nothing new',
        description:
          'Repeats are normal (Alertmanager says everything again). Only repeats, for days: an alert that nobody mends.',
        queries: {
          '{{source}} {{status}}': `sum by (source, status) (rate(${series('alerts_received_total')}[${STEP}]))`,
          '{{source}} nothing new': `sum by (source) (rate(${series('alerts_deduplicated_total')}[${STEP}]))`,
        },
        unit: 'short',
        fine: true,
      }),
      bars({
        title: 'How long each source has been silent',
        description:
          'Silence is peace or a broken path. A Watchdog alert that always fires tells them apart: see `heartbeat` of the source.',
        queries: { '{{source}}': `time() - ${held('source_last_seen_timestamp_seconds', 'source')}` },
        unit: 's',
      }),
      lines({
        title: 'Answers over HTTP (99 of 100 within), by route',
        description:
          'Webhooks are answered when the delivery is on disk: if they slow down, the disk does. Others slow down with the size of the store.',
        queries: {
          '{{route}}': `histogram_quantile(0.99, sum by (le, route) (rate(${series('http_request_duration_seconds_bucket')}[${STEP}]))) >= 0`,
        },
        unit: 's',
      }),
    ],
  },
  {
    title: 'The bridge itself',
    panels: [
      lines({
        title: 'Work that is due and not done',
        description:
          'Rises for seconds under load. What stays up does not get done: see the oldest beside it, then the log.',
        queries: { '{{kind}}': held('jobs_due', 'kind') },
        unit: 'short',
      }),
      lines({
        title: 'Age of the oldest due work',
        description:
          'Pages and deadlines should be done within 2 s. Minutes mean that the store worker is stuck: restart the bridge, nothing is lost by it.',
        queries: {
          '{{kind}}': `time() - ${held('oldest_due_job_timestamp_seconds', 'kind')} or ${held('jobs_due', 'kind')} * 0`,
        },
        unit: 's',
        warn: 30,
        alarm: 120,
      }),
      stat({
        title: 'Work that failed for good',
        description:
          'Each is a bug of Tierbell or a broken store; the incident says what was set aside, and the fallback was told. Report it.',
        queries: { '{{kind}}': held('dead_letters', 'kind') },
        unit: 'short',
        alarm: 1,
      }),
      stat({
        title: 'Bridge and configuration',
        description:
          'A configuration that was not taken leaves the old one running: `tierbell check-config` says what is wrong and where.',
        queries: {
          'replicas up, {{version}}': `count by (version) (${series('build_info')})`,
          'last configuration': `min (${series('config_last_reload_successful')})`,
        },
        unit: 'short',
        own: { 'last configuration': { words: { 0: 'WRONG, the old one runs', 1: 'taken' } } },
      }),
      lines({
        title: 'Memory',
        description: 'Flat under load. Steady growth over days is a leak: report it.',
        queries: { '{{instance}}': 'process_resident_memory_bytes{job="$job"}' },
        unit: 'bytes',
      }),
      lines({
        title: 'Processor, and delay of the receiving thread',
        description:
          'The delay (99 of 100 within) is what every answer waits. Over 0.1 s the bridge is overloaded or its machine is.',
        queries: {
          '{{instance}} cores': `rate(process_cpu_seconds_total{job="$job"}[${STEP}])`,
          '{{instance}} delay in s': 'nodejs_eventloop_lag_p99_seconds{job="$job"}',
        },
        unit: 'short',
        fine: true,
      }),
    ],
  },
];
