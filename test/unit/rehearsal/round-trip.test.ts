import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { loadConfig } from '../../../src/config/load.ts';
import { alertIdentity } from '../../../src/incidents/alert-identity.ts';
import type { Remembered } from '../../../src/incidents/remembered.ts';
import { openEntry } from '../../../src/incidents/timeline.ts';
import type { Incident } from '../../../src/domain/incident.ts';
import { accountOf } from '../../../src/rehearsal/account.ts';
import { Play } from '../../../src/rehearsal/play.ts';
import { recordingOf } from '../../../src/rehearsal/recorded-incident.ts';
import { laySideBySide, replay } from '../../../src/rehearsal/replay.ts';
import { stageOf, type Stage } from '../../../src/rehearsal/stage.ts';
import { testFile, type TestCase } from '../../../src/rehearsal/test-file.ts';
import { scriptOf } from '../../../src/rehearsal/test-script.ts';

/** The shipped rules, with the fix that they ship in this mode. */
async function stageWith(mode: 'dry_run' | 'approval' | 'automatic'): Promise<Stage> {
  const loaded = await loadConfig({ file: 'rules/tierbell.yaml', env: {} });
  if (!loaded.ok) throw new Error('the shipped rules are wrong');
  const fixes = loaded.config.known_fixes.map((fix) => ({ ...fix, mode }));
  return stageOf({ ...loaded.config, known_fixes: fixes });
}

/** Plays a story, then every incident of it once more from its own record. @returns what came out otherwise */
async function onceMore(stage: Stage, test: TestCase): Promise<unknown[]> {
  const play = new Play(
    stage,
    scriptOf(stage, test, () => {}),
  );
  const end = Math.max(...test.expect.map(({ after }) => after), ...test.events.map(({ after }) => after));
  await play.until(Date.parse(test.at) + end);
  const different: unknown[] = [];
  for (const incident of play.incidents) {
    const timeline = play.world.timeline(incident.number);
    const held = [...play.world.alerts.values()].filter((row) => row.incident === incident.uid);
    const record = {
      ...{ incident, entries: timeline.map(openEntry), told: new Map(), remembered: saidBefore(play, incident) },
      alerts: held.map(({ alert, source, startsAt }) => ({ ...alert, source, startsAt })),
      logLines: test.events.flatMap((event) => ('log' in event ? [`${event.log.level} ${event.log.text}`] : [])),
    };
    const again = await replay(stage, recordingOf(record, play.world.now));
    const compared = laySideBySide([accountOf(incident, timeline)], again);
    different.push(...compared.flatMap(({ differences }) => differences));
  }
  return different;
}

/** What the store would have kept of what a person said of the same alert before. */
function saidBefore(play: Play, { source, labels, number }: Incident): Map<string, Remembered> {
  const identity = alertIdentity(source, labels);
  const earlier = play.incidents.filter(
    (one) => one.number < number && alertIdentity(one.source, one.labels) === identity,
  );
  return new Map(
    earlier.flatMap((one) =>
      play.world.timeline(one.number).flatMap((wire) => {
        const entry = openEntry(wire);
        if (entry.type !== 'classified' || entry.actor.kind !== 'person') return [];
        const reason = entry.data.reasons[0]?.replace(/^\w+: /, '') ?? '';
        const said = {
          by: entry.actor.name,
          category: entry.data.category,
          reason,
          incident: one.number,
          at: entry.at,
        };
        return [[identity, said] as const];
      }),
    ),
  );
}

const { tests } = testFile.parse(parse(readFileSync('rules/tests/day-one.yaml', 'utf8')));

it.each(tests.map((test) => [test.name, test] as const))(
  'from its record a shipped story comes out as it was: %s',
  async (_name, test) => {
    expect(await onceMore(await stageWith('dry_run'), test)).toEqual([]);
  },
);

const unit = `firing: { alertname: SystemdUnitFailed, instance: 'db-1:9100', name: nginx.service, severity: warning }`;
const over = unit.replace('firing', 'resolved');
const answers = `{ 'up{instance="db-1:9100"} == 1': 1, 'count(up{job="node"})': 20 }`;

/** What happens after the first alert, the mode of the fix, and what comes of it. */
type Story = [string, string, 'dry_run' | 'approval' | 'automatic', ('verified' | 'unverified' | 'failed')?];

it.each<Story>([
  [
    'acknowledged, given back, and nobody comes',
    `- { after: 5m, acknowledge: { by: ada } }\n- { after: 9m, unacknowledge: { by: ada } }`,
    'dry_run',
  ],
  ['escalated by hand', `- { after: 5m, escalate: { by: ada, reason: too hard } }`, 'dry_run'],
  ['resolved by hand while it fires, and so reopened', `- { after: 5m, resolve: { by: ada } }`, 'dry_run'],
  [
    'resolved by hand, then closed',
    `- { after: 5m, ${over} }\n- { after: 6m, resolve: { by: ada } }\n- { after: 7m, close: { by: ada } }`,
    'dry_run',
  ],
  ['quiet, and it comes back', `- { after: 5m, ${over} }\n- { after: 20m, ${unit} }`, 'dry_run'],
  ['made more urgent', `- { after: 5m, prioritise: { by: ada, priority: P1 } }`, 'dry_run'],
  ['filed elsewhere', `- { after: 5m, reclassify: { by: ada, category: data-security-breach } }`, 'dry_run'],
  ['a fix that heals', '', 'automatic'],
  ['a fix that fails', '', 'automatic', 'failed'],
  ['a fix that does not help', '', 'automatic', 'unverified'],
  ['a fix that is approved', '- { after: 5m, approve: { by: ada } }', 'approval'],
  ['a fix that is approved and fails', '- { after: 5m, approve: { by: ada } }', 'approval', 'failed'],
  ['a fix that is turned down', '- { after: 5m, deny: { by: ada, reason: in use } }', 'approval'],
  ['a fix that nobody approves', '', 'approval'],
  [
    'a fix that is turned down, and that another person has run all the same',
    '- { after: 5m, deny: { by: ada } }\n- { after: 9m, run: { by: ben, fix: restart-unit } }',
    'approval',
  ],
  ['a fix that a person has run dry', '- { after: 9m, run: { by: ben, fix: restart-unit } }', 'dry_run'],
])('from its record it comes out as it was: %s', async (name, events, mode, outcome = 'verified') => {
  const lines = ['', ...events.split('\n').filter((line) => line !== '')].join('\n      ');
  const text = `rule_files: [x]
tests:
  - name: ${name}
    metrics: ${answers}
    fixes: { restart-unit: ${outcome} }
    events:
      - { after: 0s, ${unit} }${lines}
    expect: [{ after: 60h, incidents: 1 }]`;
  const [test] = testFile.parse(parse(text)).tests;
  expect(await onceMore(await stageWith(mode), test as TestCase)).toEqual([]);
});
