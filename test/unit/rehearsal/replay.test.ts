import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runCli } from '../../../src/cli/cli.ts';
import { captureTerminal } from '../../helpers/capture-terminal.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tierbell-replay-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const MAIN = resolve('rules/tierbell.yaml');

/** A body as Alertmanager sends it. */
function body(name: string, more: { status?: string; at?: string; instance?: string; group?: string } = {}): object {
  const { status = 'firing', at = '2026-01-05T03:00:00Z', instance = 'node-1', group = name } = more;
  const startsAt = '2026-01-05T03:00:00Z';
  const labels = { alertname: name, instance, severity: 'error' };
  return {
    ...{ version: '4', groupKey: `{}:{alertname="${group}"}`, status, receiver: 'tierbell', truncatedAlerts: 0 },
    alerts: [{ status, labels, annotations: {}, startsAt, ...(status === 'resolved' ? { endsAt: at } : {}) }],
  };
}

async function run(content: unknown, ...flags: string[]) {
  const file = join(folder, 'bodies.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  const { terminal, said } = captureTerminal();
  const status = await runCli(['replay', file, '--config.file', MAIN, ...flags], terminal);
  return { status, out: said.out, err: said.err.replaceAll(folder, '') };
}

/** A folder with rule files alone: those that are shipped, one of them changed. */
function otherRules(name: string, change: (text: string) => string): string {
  const other = mkdtempSync(join(folder, 'other-'));
  for (const file of ['categories.yaml', 'services.yaml', 'known-fixes.yaml', 'escalation.yaml', 'procedures.yaml'])
    cpSync(join('rules', file), join(other, file));
  writeFileSync(join(other, name), change(readFileSync(join('rules', name), 'utf8')));
  return other;
}

it('without other rules it says what these decide, who would be told and when', async () => {
  const { status, out, err } = await run([body('KubeNodeNotReady'), body('KubeNodeNotReady', { status: 'resolved' })]);
  expect({ status, err }).toEqual({ status: 0, err: '' });
  expect(out).toMatch(/^#1 {2}KubeNodeNotReady: node-1\n {2}category {4}cloud-service-interruption \(\d+ %: .*\)\n/);
  expect(out).toMatch(/\n {2}notice {6}l2-mail \(page\) after 0 s\n {2}notice {6}l2-mail \(resolved\) after 2 min\n/);
});

it('the same rules decide the same', async () => {
  const { status, out } = await run(body('KubeNodeNotReady'), '--rules', otherRules('escalation.yaml', String));
  expect(status).toBe(0);
  expect(out).toMatch(/\n {2}no difference\n\n1 incident, none decided otherwise\n$/);
});

it('under other rules it says what is decided otherwise, and a status for scripts where that is wanted', async () => {
  const faster = otherRules('escalation.yaml', (text) => text.replace('P2: 15m', 'P2: 3m'));
  const slow = await run(body('KubeNodeNotReady'), '--rules', faster);
  expect(slow.status).toBe(0);
  const { status, out } = await run(body('KubeNodeNotReady'), '--rules', faster, '--exit-code');
  expect(status).toBe(1);
  expect(out).toContain(
    '  escalation  Level 2 to 3 after 15 min (ack_timeout)  →  Level 2 to 3 after 3 min (ack_timeout)',
  );
  expect(out).toContain('  notice      l3-mail (escalation) after 15 min  →  l3-mail (escalation) after 3 min');
  expect(out).toMatch(/1 incident, 1 decided otherwise\n$/);
});

it('a whole folder of rules with its own main file is taken as it is: other groups are other incidents', async () => {
  const own = join(folder, 'whole');
  mkdirSync(own);
  cpSync('rules', own, { recursive: true });
  const main = readFileSync(MAIN, 'utf8');
  writeFileSync(join(own, 'tierbell.yaml'), `${main}\ngrouping: { by: [severity] }\n`);
  const two = [body('KubeNodeNotReady'), body('TargetDown', { instance: 'b', at: '2026-01-05T03:00:00Z' })];
  const { out } = await run(two, '--rules', own, '-o', 'json');
  const { incidents, different } = JSON.parse(out) as {
    incidents: { id: string; title: string; after: unknown; differences: { kind: string }[] }[];
    different: number;
  };
  expect(different).toBeGreaterThan(0);
  expect(incidents.map(({ id }) => id)).toEqual(['#1', '#2']);
  expect(incidents[1]).toMatchObject({ title: 'TargetDown: b', after: null, differences: [{ kind: 'incident' }] });
});

it('recordings with times are played at those times; a resolution by a person is not invented', async () => {
  const requests = [
    { receivedAt: '2026-01-05T03:00:10Z', source: 'alertmanager', body: body('KubeNodeNotReady') },
    { receivedAt: '2026-01-05T03:20:00Z', rawBody: JSON.stringify(body('KubeNodeNotReady', { status: 'resolved' })) },
  ];
  const { out } = await run({ requests }, '-o', 'json');
  const { incidents } = JSON.parse(out) as { incidents: { after: { openedAt: string; notices: unknown[] } }[] };
  expect(incidents[0]?.after.openedAt).toBe('2026-01-05T03:00:10.000Z');
  expect(incidents[0]?.after.notices).toEqual([
    { afterSeconds: 0, channel: 'l2-mail', purpose: 'page' },
    { afterSeconds: 900, channel: 'l3-mail', purpose: 'escalation' },
    expect.objectContaining({ channel: 'l2-mail', purpose: 'resolved' }),
    expect.objectContaining({ channel: 'l3-mail', purpose: 'resolved' }),
  ]);
});

it.each([
  ['no JSON', '{"alerts": [', [], 1, /bodies\.json:1:\d+: the text ends inside a JSON value/],
  ['no webhook body', { hello: 1 }, [], 1, /bodies\.json:1:1: no configured source takes this body/],
  ['nothing', '', [], 1, /it holds no webhook body/],
  [
    'a source that is not configured',
    body('A'),
    ['--source', 'zabbix'],
    2,
    /--source: found zabbix, allowed is alertmanager/,
  ],
  [
    'a recording of another source',
    { source: 'zabbix', body: body('A') },
    [],
    1,
    /the source zabbix is not configured/,
  ],
  ['a time that is none', { receivedAt: 'noon', body: body('A') }, [], 1, /bodies\.json:1:1: receivedAt is no time/],
  ['no rules', body('A'), ['--rules', '/nowhere'], 2, /--rules: there is nothing at \/nowhere; name a folder/],
  ['no duration', body('A'), ['--for', 'long'], 2, /--for: found long/],
  ['a form that is none', body('A'), ['-o', 'xml'], 2, /--output: found xml/],
])('%s is told, with what to do', async (_what, content, flags, status, message) => {
  const ran = await run(content, ...flags);
  expect({ status: ran.status, out: ran.out }).toEqual({ status, out: '' });
  expect(ran.err).toMatch(message);
});

it('wrong rules are told with their place, and a store that is not there', async () => {
  const wrong = otherRules('escalation.yaml', (text) => text.replace('level: 3', 'level: 9'));
  const ran = await run(body('A'), '--rules', wrong);
  expect(ran.status).toBe(1);
  expect(ran.err).toMatch(/escalation\.yaml:\d+:\d+: /);
  const { terminal, said } = captureTerminal();
  const flags = ['--config.file', MAIN, '--storage.path', join(folder, 'nothing')];
  expect(await runCli(['replay', 'INC-4', ...flags], terminal)).toBe(1);
  expect(said.err).toMatch(/there is no store in .*nothing; give --storage\.path or --storage\.url/);
});
