import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import { createTransport } from 'nodemailer';
import { startAlertmanager } from '../servers/alertmanager.ts';
import { stopEverything, temporaryFolder } from '../servers/cleanup.ts';
import { startElasticsearch } from '../servers/elasticsearch.ts';
import { startHttpSink } from '../servers/http-sink.ts';
import { startPrometheus } from '../servers/prometheus.ts';
import { startSmtp } from '../servers/smtp.ts';
import { startProcess } from '../servers/start-process.ts';
import { startTierbell } from '../servers/tierbell.ts';
import { CORPUS, describeWith } from '../helpers/requires.ts';
import { SHOP_CAUSE, startShop } from '../helpers/shop.ts';
import { waitFor } from '../helpers/wait-for.ts';

jest.setTimeout(300_000);

const seconds: Record<string, number> = {};

function note(name: string, milliseconds: number): void {
  seconds[name] = milliseconds / 1_000;
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Runs a program to its end, as the bridge's command executor would. */
function run(command: string, args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: {} });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}

afterEach(stopEverything, 300_000);
afterAll(() => {
  const rows = Object.entries(seconds).map(([name, value]) => `${value.toFixed(1).padStart(6)} s  ${name}`);
  process.stderr.write(`${rows.join('\n')}\n`);
});

describe('a process that a test starts', () => {
  const node = (script: string) => ({
    name: 'it',
    command: process.execPath,
    args: ['-e', script],
    ready: /^port (\d+)/,
  });

  it('is there when its line has come, and gone when it was stopped', async () => {
    const running = await startProcess(node('console.log("port 7"); setInterval(() => {}, 1000)'));
    expect(running.ready[1]).toBe('7');
    expect(lives(running.pid)).toBe(true);
    expect(await running.stop()).toEqual({ code: null, signal: 'SIGTERM' });
    expect(lives(running.pid)).toBe(false);
    expect(await running.stop()).toEqual({ code: null, signal: 'SIGTERM' });
  });

  it('is killed when it does not heed the friendly signal', async () => {
    const script = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("port 7")';
    const running = await startProcess({ ...node(script), stopWithinMs: 200 });
    expect(await running.stop()).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('shows the end of its output when it ends too early, is not ready in time, or does not exist', async () => {
    await expect(startProcess(node('console.error("no such file"); process.exit(3)'))).rejects.toThrow(
      /it ended before it was ready \(3\)\n.*\nno such file/,
    );
    const late = { ...node('console.log("still loading"); setInterval(() => {}, 1000)'), readyWithinMs: 1_000 };
    await expect(startProcess(late)).rejects.toThrow(/it was not ready within 1 s\n/);
    await expect(startProcess({ ...node(''), command: '/does/not/exist' })).rejects.toThrow(/could not be started/);
  });

  it('does not outlive a test process that is killed, nor does its folder', async () => {
    const here = dirname(fileURLToPath(import.meta.url));
    const script = `
      import { startProcess } from '${join(here, '../servers/start-process.ts')}';
      import { temporaryFolder } from '${join(here, '../servers/cleanup.ts')}';
      const folder = temporaryFolder('orphan').path;
      const args = ['-e', 'setInterval(() => {}, 1000); console.log("up")'];
      const { pid } = await startProcess({ name: 'child', command: process.execPath, args, ready: /up/ });
      console.log('made ' + pid + ' ' + folder);
    `;
    const file = join(temporaryFolder('script').path, 'test-process.mts');
    writeFileSync(file, script);
    const parent = await startProcess({
      name: 'a test process',
      command: process.execPath,
      args: ['--no-warnings', file],
      ready: /^made (\d+) (\S+)/,
    });
    const [, pid = '0', folder = ''] = parent.ready;
    expect([lives(Number(pid)), existsSync(folder)]).toEqual([true, true]);
    await parent.kill9();
    await waitFor('both to go', () => !lives(Number(pid)) && !existsSync(folder));
  });
});

describeWith(['prometheus', 'alertmanager'], 'Prometheus and Alertmanager', () => {
  it('take an alert from a metric to a webhook with its token, and tell when it is over', async () => {
    const begun = performance.now();
    const sink = await startHttpSink();
    const shop = await startShop();
    const alertmanager = await startAlertmanager({ webhook: { url: `${sink.url}/hook`, bearerToken: 't0p' } });
    const prometheus = await startPrometheus({
      rules: [{ alert: 'ShopDown', expr: 'shop_up == 0', labels: { severity: 'critical', service: 'shop' } }],
      scrape: [{ job: 'shop', targets: [shop.target] }],
      alertmanagerUrl: alertmanager.url,
    });
    note('Alertmanager is ready', alertmanager.readyAfterMs);
    note('Prometheus is ready', prometheus.readyAfterMs);
    const [up] = await waitFor('a scrape of the shop', async () => {
      const found = await prometheus.query('shop_up');
      return found.length > 0 && found;
    });
    expect(up).toMatchObject({ metric: { instance: 'shop-1' }, value: 1 });

    const brokenAt = performance.now();
    await shop.break();
    const firing = await sink.waitForRequest((request) => request.text.includes('"status":"firing"'));
    note('from the broken shop to the webhook', performance.now() - brokenAt);
    expect(firing.headers.authorization).toBe('Bearer t0p');
    expect(firing.json()).toMatchObject({
      version: '4',
      alerts: [{ status: 'firing', labels: { alertname: 'ShopDown', instance: 'shop-1', severity: 'critical' } }],
    });
    expect(await prometheus.alerts()).toMatchObject([{ state: 'firing', labels: { alertname: 'ShopDown' } }]);
    expect(await alertmanager.alerts()).toMatchObject([{ status: { state: 'active' } }]);

    const healed = await run(shop.restartCommand, ['shop-1']);
    expect(healed).toMatchObject({
      code: 0,
      output: expect.stringContaining('started the payment worker of shop-1'),
    });
    expect(shop.restarts().map(({ phase }) => phase)).toEqual(['began', 'ended']);
    await sink.waitForRequest((request) => request.text.includes('"status":"resolved"'));

    const pids = [prometheus.pid, alertmanager.pid, shop.pid];
    await Promise.all([prometheus.stop(), alertmanager.stop(), shop.stop(), sink.stop()]);
    expect(pids.filter(lives)).toEqual([]);
    note('the whole story of one alert', performance.now() - begun);
  });

  it('take other rules, other settings and alerts from a test while they run', async () => {
    const sink = await startHttpSink();
    const alertmanager = await startAlertmanager({ webhook: { url: `${sink.url}/a` } });
    await alertmanager.send([{ labels: { alertname: 'ByHand' } }]);
    expect((await sink.waitForRequest(({ path }) => path === '/a')).headers.authorization).toBeUndefined();
    await alertmanager.reload({ webhook: { url: `${sink.url}/b` } });
    await alertmanager.send([{ labels: { alertname: 'Another' } }]);
    await sink.waitForRequest(({ path, text }) => path === '/b' && text.includes('Another'));

    const prometheus = await startPrometheus({ evaluationIntervalMs: 500 });
    await prometheus.reload([{ alert: 'Always', expr: 'vector(1)' }]);
    await waitFor('the new rule to fire', async () => (await prometheus.alerts()).length === 1);
    expect(await prometheus.query('1 + 1')).toEqual([{ metric: {}, value: 2 }]);
    await expect(prometheus.query('1 +')).rejects.toThrow(/400/);
  });
});

describeWith('elasticsearch', 'Elasticsearch', () => {
  it('keeps the log of the shop and finds the line that says why', async () => {
    const elasticsearch = await startElasticsearch();
    note('Elasticsearch is ready', elasticsearch.readyAfterMs);
    const shop = await startShop({ ship: (documents) => elasticsearch.index('logs-shop', documents) });
    await shop.break();
    await shop.shipped();
    expect(shop.shipProblems()).toEqual([]);
    const errors = await elasticsearch.search('logs-shop', {
      bool: { filter: [{ match: { 'log.level': 'error' } }, { match_phrase: { message: 'payment worker' } }] },
    });
    expect(errors).toContainEqual(expect.objectContaining({ message: SHOP_CAUSE, 'host.name': 'shop-1' }));
    await expect(elasticsearch.search('logs-none')).rejects.toThrow(/404.*index_not_found/);

    await elasticsearch.stop();
    expect(lives(elasticsearch.pid)).toBe(false);
    await shop.log('error', 'nobody takes this');
    await shop.shipped();
    expect(shop.shipProblems().length).toBeGreaterThan(0);
  });

  it('lets in nobody without an account or a key where it is told to', async () => {
    const elasticsearch = await startElasticsearch({ security: true });
    note('Elasticsearch with accounts is ready', elasticsearch.readyAfterMs);
    expect((await fetch(elasticsearch.url)).status).toBe(401);
    const key = await elasticsearch.createApiKey('tierbell');
    const answer = await fetch(elasticsearch.url, { headers: { authorization: `ApiKey ${key}` } });
    expect(await answer.json()).toMatchObject({ version: { number: elasticsearch.version } });
  });
});

describe('the bridge as a process', () => {
  const double = `
    import { createServer } from 'node:http';
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      response.writeHead(201).end(JSON.stringify({ method: request.method, body, token: process.env.TIERBELL_TOKEN }));
    });
    process.on('SIGTERM', () => process.exit(0));
    server.listen(0, '127.0.0.1', () => {
      console.error(process.argv.slice(2).join(' '));
      const url = 'http://127.0.0.1:' + server.address().port;
      console.log(JSON.stringify({ ready: true, url, pid: process.pid }));
    });
  `;

  it('is started by its contract, asked, stopped in order and killed at once', async () => {
    const program = join(temporaryFolder('bridge').path, 'bin.mjs');
    writeFileSync(program, double);
    const options = { program, configFile: 'rules/tierbell.yaml', env: { TIERBELL_TOKEN: 't0p' } };
    const tierbell = await startTierbell({ ...options, flags: ['--log.level=debug'] });
    expect(await tierbell.api('/any', { body: { a: 1 } })).toMatchObject({
      status: 201,
      body: { method: 'POST', body: '{"a":1}', token: 't0p' },
    });
    await waitFor('its flags', () => tierbell.stderr().endsWith('\n'));
    expect(tierbell.stderr()).toBe(
      `serve --config.file=rules/tierbell.yaml --web.listen-address=127.0.0.1:0 --storage.path=${tierbell.dataDir} --log.level=debug\n`,
    );
    expect(JSON.parse(tierbell.stdout())).toEqual({ ready: true, url: tierbell.url, pid: tierbell.pid });
    expect(await tierbell.stop()).toEqual({ code: 0, signal: null });

    const again = await startTierbell({ ...options, dataDir: tierbell.dataDir });
    expect(await again.kill9()).toEqual({ code: null, signal: 'SIGKILL' });
    expect([tierbell.pid, again.pid].filter(lives)).toEqual([]);
  });
});

describe('the mail server', () => {
  const letter = {
    from: 'bridge@example.org',
    to: 'l3@example.org',
    subject: 'Für Level 3',
    text: 'see the attachment',
    html: '<b>see</b>',
    headers: { 'X-Incident': 'INC-1' },
    attachments: [{ filename: 'handover.zip', content: Buffer.from([80, 75, 0, 255]) }],
  };

  it('takes a mail apart', async () => {
    const smtp = await startSmtp();
    await createTransport(smtp.url).sendMail(letter);
    const mail = await smtp.waitForMail(({ to }) => to.includes('l3@example.org'));
    expect(mail).toMatchObject({
      from: ['bridge@example.org'],
      recipients: ['l3@example.org'],
      subject: 'Für Level 3',
      html: expect.stringContaining('<b>see</b>'),
      headers: { 'x-incident': 'INC-1' },
      attachments: [{ filename: 'handover.zip', content: Buffer.from([80, 75, 0, 255]) }],
    });
    expect(mail.text.trim()).toBe('see the attachment');
    await smtp.stop();
    await expect(createTransport(smtp.url).sendMail(letter)).rejects.toThrow(/ECONNREFUSED/);
  });

  it.each([
    ['connect', 421],
    ['mail', 451],
    ['rcpt', 550],
    ['data', 552],
  ] as const)('refuses at stage %s with %i as often as it was told, then takes mail again', async (stage, answer) => {
    const smtp = await startSmtp();
    smtp.failNext(1, { answer, stage, message: 'not now' });
    await expect(createTransport(smtp.url).sendMail(letter)).rejects.toMatchObject({ responseCode: answer });
    expect(smtp.mails).toEqual([]);
    expect(smtp.refused.length).toBe(stage === 'data' ? 1 : 0);
    await createTransport(smtp.url).sendMail(letter);
    expect([smtp.mails.length, smtp.troubles()]).toEqual([1, 1]);
  });

  it('hangs or hangs up where it was told to, and asks for a login where one is set', async () => {
    const smtp = await startSmtp({ auth: { user: 'bridge', password: 'geheim:1' } });
    smtp.failNext(1, { answer: 'hang' });
    await expect(createTransport({ url: smtp.url, socketTimeout: 300 }).sendMail(letter)).rejects.toThrow(/timeout/i);
    smtp.failNext(1, { answer: 'drop' });
    await expect(createTransport(smtp.url).sendMail(letter)).rejects.toThrow(/close/i);
    await expect(createTransport(smtp.url.replace('geheim', 'falsch')).sendMail(letter)).rejects.toThrow(/535/);
    await createTransport(smtp.url).sendMail(letter);
    expect(smtp.mails.length).toBe(1);
  });
});

describe('the shop', () => {
  it('is down where it was broken, until its command was run', async () => {
    const shop = await startShop({ instances: ['shop-1', 'shop-2'] });
    await shop.break('shop-2', 'disk is full');
    expect([await shop.isUp('shop-1'), await shop.isUp('shop-2')]).toEqual([true, false]);

    shop.planRestart({ heals: false, exitCode: 4 });
    expect((await run(shop.restartCommand, ['shop-2'])).code).toBe(4);
    expect(await shop.isUp('shop-2')).toBe(false);
    shop.planRestart({});
    expect((await run(shop.restartCommand, ['shop-2'])).code).toBe(0);
    expect(await shop.isUp('shop-2')).toBe(true);
    expect((await run(shop.restartCommand, ['shop-9'])).code).toBe(3);
    expect(shop.restarts().map(({ phase, instance }) => `${phase} ${instance}`)).toEqual([
      'began shop-2',
      'ended shop-2',
      'began shop-2',
      'ended shop-2',
      'began shop-9',
      'ended shop-9',
    ]);
  });
});

describe('the web server that keeps what it is sent', () => {
  it('answers as it was told and then 200 again', async () => {
    const sink = await startHttpSink();
    sink.answerNext({ status: 503, headers: { 'retry-after': '7' }, body: '{"error":"full"}' }, 'reset', 'hang');
    const first = await fetch(sink.url, { method: 'POST', body: '{"n":1}' });
    expect([first.status, first.headers.get('retry-after')]).toEqual([503, '7']);
    await expect(fetch(sink.url)).rejects.toThrow(/fetch failed/);
    const leave = new AbortController();
    const unanswered = fetch(sink.url, { signal: leave.signal });
    await waitFor('the third request', () => sink.requests.length === 3);
    leave.abort();
    await expect(unanswered).rejects.toThrow(/abort/);
    expect((await fetch(sink.url)).status).toBe(200);
    expect(sink.requests.map(({ answered }) => answered)).toEqual([503, 'reset', 'hang', 200]);
    expect(sink.requests[0]?.json()).toEqual({ n: 1 });
  });
});

describeWith('corpus', 'the recorded data beside the project', () => {
  it('has the captures of Alertmanager', () => {
    expect(existsSync(join(CORPUS, 'alertmanager'))).toBe(true);
  });
});
