import { jest } from '@jest/globals';
import { join } from 'node:path';
import { LEVEL2, LEVEL3, writeConfiguration } from '../helpers/configuration.ts';
import { deliver, incident, mailsOf, waitForIncident } from '../helpers/incident-api.ts';
import { firing } from '../helpers/payload.ts';
import { runTierbell, type Ran } from '../helpers/run-program.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { stopEverything, temporaryFolder } from '../servers/cleanup.ts';
import { startSmtp, type SmtpSink } from '../servers/smtp.ts';
import { startTierbell, type Tierbell } from '../servers/tierbell.ts';

jest.setTimeout(300_000);

describe('tierbell incident, against a running bridge', () => {
  let smtp: SmtpSink;
  let bridge: Tierbell;
  const ids: Record<string, string> = {};

  beforeAll(async () => {
    smtp = await startSmtp();
    bridge = await startTierbell({ configFile: writeConfiguration(smtp.url) });
    for (const name of ['Disk', 'Cable', 'Evil']) {
      const odd = name === 'Evil' ? { instance: '\u001b]0;owned\u0007\u001b[31mx' } : { instance: 'db-1:9100' };
      await deliver(bridge, firing(name, odd));
      ids[name] = (await waitForIncident(bridge, { alertname: name })).id;
    }
  });
  afterAll(stopEverything, 300_000);

  const verb = (...args: string[]): Promise<Ran> =>
    runTierbell(['incident', ...args], { env: { TIERBELL_URL: bridge.url, TIERBELL_USER: 'ada' } });
  const id = (name: string): string => ids[name] ?? '';

  it('lists the newest first, as a table and as JSON', async () => {
    const table = await verb('list');
    expect([table.code, table.stderr]).toEqual([0, '']);
    const rows = table.stdout.trimEnd().split('\n');
    expect(rows[0]).toMatch(/^ID +STATUS +LEVEL +PRIO/);
    expect(rows.slice(1).map((row) => row.split(/ +/)[0])).toEqual([id('Evil'), id('Cable'), id('Disk')]);
    const json = await verb('list', '-o', 'json', '--status', 'triggered', '--limit', '2');
    expect((JSON.parse(json.stdout) as { id: string }[]).map((one) => one.id)).toEqual([id('Evil'), id('Cable')]);
    expect((await verb('list', '--status', 'closed')).stdout).toBe('No incidents.\n');
  });

  it('what a verb does not take is named with what it takes', async () => {
    const form = await verb('list', '-o', 'xml');
    expect([form.code, form.stdout, form.stderr]).toEqual([
      2,
      '',
      'tierbell: --output: found xml, allowed is table or json\n',
    ]);
    const assessed = await verb('assess', id('Disk'), '--urgency', 'extreme');
    expect([assessed.code, assessed.stdout]).toEqual([1, '']);
    expect(assessed.stderr).toContain('urgency: Invalid option: expected one of "high"|"medium"|"low"');
    expect((await verb('list', '--level', '9')).stderr).toContain('level: Invalid option');
    for (const name of ['', '  ', 'a\nb']) {
      const made = await runTierbell(['token', 'create', name, '--storage.path', bridge.dataDir]);
      expect([made.code, made.stdout]).toEqual([2, '']);
      expect(made.stderr).toContain(`a name stands in the record: found ${JSON.stringify(name)}`);
    }
  });

  it('a backup into a folder that is not there says which', async () => {
    const made = await runTierbell(['db', 'backup', '/no/such/folder/b.gz', '--storage.path', bridge.dataDir]);
    expect([made.code, made.stdout]).toEqual([1, '']);
    expect(made.stderr).toContain('there is no folder /no/such/folder for the backup; make it, or name another file');
  });

  it('shows one with its reasons, its next step and its timeline', async () => {
    const shown = await verb('show', id('Disk'));
    expect([shown.code, shown.stderr]).toEqual([0, '']);
    expect(shown.stdout).toContain(`${id('Disk')}  Disk: db-1:9100`);
    expect(shown.stdout).toMatch(/Next +escalate unless acknowledged, at \d{4}-/);
    expect(shown.stdout).toMatch(/Timeline\n/);
    const json = JSON.parse((await verb('show', id('Disk'), '-o', 'json')).stdout) as Record<string, unknown>;
    expect(json).toMatchObject({ id: id('Disk'), status: 'triggered', timeline: expect.any(Array) });
  });

  it('lets no alert steer the terminal', async () => {
    for (const ran of [await verb('list'), await verb('show', id('Evil'))]) {
      expect(ran.code).toBe(0);
      // eslint-disable-next-line no-control-regex -- that is what it is about
      expect(ran.stdout).not.toMatch(/[\u001b\u0007]/);
    }
  });

  it('acknowledges once and says who has it to the next one', async () => {
    const taken = await verb('ack', id('Cable'));
    expect([taken.code, taken.stderr]).toEqual([0, '']);
    expect(await incident(bridge, id('Cable'))).toMatchObject({ status: 'acknowledged', acknowledgedBy: 'ada' });
    expect((await verb('ack', id('Cable'))).code).toBe(0); // the same person again

    const other = await verb('ack', id('Cable'), '--by', 'grace');
    expect([other.code, other.stdout]).toEqual([1, '']);
    expect(other.stderr).toMatch(/^tierbell: INC-\d+: ada has acknowledged it already; take it over with --takeover$/m);
    expect((await incident(bridge, id('Cable'))).acknowledgedBy).toBe('ada');
    expect((await verb('ack', id('Cable'), '--by', 'grace', '--takeover')).code).toBe(0);
    expect((await incident(bridge, id('Cable'))).acknowledgedBy).toBe('grace');
  });

  it('escalates to Level 3, who get the bundle and the reason', async () => {
    const handed = await verb('escalate', id('Disk'), '--reason', 'needs a storage engineer');
    expect([handed.code, handed.stderr]).toEqual([0, '']);
    const after = await incident(bridge, id('Disk'));
    expect(after).toMatchObject({ level: '3', status: 'triggered', escalations: [{ reason: 'manual', by: 'ada' }] });
    const [mail] = await waitFor('Level 3 to be told', () => {
      const mails = mailsOf(smtp, after, LEVEL3);
      return mails.length > 0 && mails;
    });
    expect(mail?.text).toContain('needs a storage engineer');
    expect(mail?.attachments.map(({ filename }) => filename)).toContain(`${id('Disk')}-handover-1.zip`);
    const again = await verb('escalate', id('Disk'));
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('no higher step')]);
  });

  it('packs everything about it into one file for whoever asks, and tells nobody', async () => {
    const asked = await verb('handover', id('Cable'), '--reason', 'for the vendor');
    expect([asked.code, asked.stderr]).toEqual([0, '']);
    const path = `${bridge.url}/api/v1/incidents/${id('Cable')}/handover.zip`;
    const bundle = await waitFor('the bundle', async () => {
      const answer = await fetch(path);
      return answer.status === 200 && answer;
    });
    const { unzipSync, strFromU8 } = await import('fflate');
    const files = unzipSync(new Uint8Array(await bundle.arrayBuffer()));
    const readme = Object.entries(files).find(([name]) => name.endsWith('README.md'));
    expect(strFromU8(readme?.[1] ?? new Uint8Array())).toContain('ada asked for it: for the vendor');
    expect((await incident(bridge, id('Cable'))).level).toBe('2');
    expect(mailsOf(smtp, await incident(bridge, id('Cable')), LEVEL3)).toEqual([]);
  });

  it('resolves, tells who was told, and refuses what no longer applies', async () => {
    const over = await verb('resolve', id('Cable'), '--reason', 'plugged it in again');
    expect([over.code, over.stderr]).toEqual([0, '']);
    const after = await incident(bridge, id('Cable'));
    expect(after).toMatchObject({ status: 'resolved', resolvedBy: 'ada' });
    await waitFor('Level 2 to hear of it', () => mailsOf(smtp, after, LEVEL2, 'resolved').length === 1);
    const late = await verb('ack', id('Cable'));
    expect([late.code, late.stderr]).toEqual([1, expect.stringContaining('resolved')]);
  });

  it('ends with 1 where it failed and with 2 where it is used wrongly, with a sentence', async () => {
    const usages: [args: string[], code: number, said: RegExp][] = [
      [['show', 'INC-999'], 1, /There is no incident of this id/],
      [['show', '../metrics'], 1, /There is no incident of this id/],
      [['list', '--status', 'opne'], 1, /triggered/],
      [['list', '--limit', '0'], 1, /limit|1/],
      [['show'], 2, /missing required argument/],
      [['acknowledge', id('Disk')], 2, /unknown command/],
      [['ack', id('Disk'), '--force'], 2, /unknown option/],
    ];
    const rans = await Promise.all(usages.map(([args]) => verb(...args)));
    expect(rans).toMatchObject(usages.map(([, code]) => ({ code, stdout: '' })));
    for (const [index, [, , said]] of usages.entries()) {
      expect(rans[index]?.stderr).toMatch(said);
      expect(rans[index]?.stderr).not.toMatch(/\n +at /); // no stack
    }
  });

  it('says that no bridge answers, and how to start one', async () => {
    const ran = await runTierbell(['incident', 'list', '--url', 'http://127.0.0.1:9']);
    expect([ran.code, ran.stdout]).toEqual([1, '']);
    expect(ran.stderr).toMatch(/no bridge answers at http:\/\/127\.0\.0\.1:9; start one/);
  });
});

it('verbs that open a new store at the same moment take turns in making it, and each does its work', async () => {
  for (const round of [1, 2]) {
    const folder = join(temporaryFolder('new').path, 'data');
    const names = ['ada', 'bob', 'eve', 'mia'];
    const made = await Promise.all(
      names.map((name) => runTierbell(['token', 'create', name, '--storage.path', folder])),
    );
    expect([round, ...made.map(({ code }) => code)]).toEqual([round, 0, 0, 0, 0]);
    const listed = await runTierbell(['token', 'list', '--storage.path', folder]);
    expect(names.filter((name) => !listed.stdout.includes(name))).toEqual([]);
  }
  await stopEverything();
});
