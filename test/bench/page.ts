import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { benchFolder, startBridge } from './bridge.ts';
import { BENCH_TOKEN } from './load.ts';

const ALERTS = 200;
const PAUSE_MS = 40;
const WARM_UP = 10;

/** How long after the webhook was sent its Level 2 mail had been handed to SMTP, one alert at a time. @returns the table */
export async function benchPage(): Promise<string> {
  const folder = benchFolder();
  const got = new Map<string, number>();
  const smtp = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData(stream, _session, done) {
      void simpleParser(stream).then((mail) => {
        const name = /Bench\d+/.exec(mail.subject ?? '')?.[0];
        if (name !== undefined && !got.has(name)) got.set(name, performance.now());
        done();
      }, done);
    },
  });
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', () => resolve()));
  const port = (smtp.server.address() as AddressInfo).port;
  const bridge = await startBridge(
    folder.path,
    `{ name: bench, kind: email, smtp_url: "smtp://127.0.0.1:${port}", from: t@example.org, to: [l2@example.org] }`,
  );
  const sent = new Map<string, number>();
  for (let index = 0; index < ALERTS + WARM_UP; index++) {
    const name = `Bench${index}`;
    // The first few load what is loaded on first use, and open the connections.
    for (let waited = 0; index === WARM_UP && got.size < WARM_UP && waited < 10_000; waited += 50) await sleep(50);
    if (index >= WARM_UP) sent.set(name, performance.now());
    await post(`${bridge.url}/webhooks/alertmanager`, name);
    await sleep(PAUSE_MS);
  }
  for (let waited = 0; got.size < ALERTS + WARM_UP && waited < 30_000; waited += 100) await sleep(100);
  await bridge.stop();
  await new Promise<void>((resolve) => smtp.close(() => resolve()));
  folder.remove();
  const times = [...sent].map(([name, at]) => (got.get(name) ?? Number.POSITIVE_INFINITY) - at).sort((a, b) => a - b);
  const at = (share: number): string =>
    (times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0).toFixed(0).padStart(8);
  return `             p50     p95     p99\nms      ${at(0.5)}${at(0.95)}${at(0.99)}   (${times.filter(Number.isFinite).length} of ${ALERTS} mails)`;
}

async function post(url: string, alertname: string): Promise<void> {
  const alert = {
    status: 'firing',
    labels: { alertname, severity: 'critical' },
    annotations: {},
    startsAt: new Date().toISOString(),
    fingerprint: undefined,
  };
  const body = {
    version: '4',
    groupKey: `{}:{alertname="${alertname}"}`,
    status: 'firing',
    receiver: 'bench',
    alerts: [alert],
  };
  const headers = { authorization: `Bearer ${BENCH_TOKEN}`, 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (response.status !== 200) throw new Error(`the bridge answered ${response.status}: ${await response.text()}`);
  await response.arrayBuffer();
}
