/** The webhook handler and the inbox alone, for the ingest benchmark. `--express` puts the handler into an express app. */
import express from 'express';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createWebhookHandler } from '../../src/http/webhooks.ts';
import { openInbox } from '../../src/inbox/inbox.ts';
import { createSource, sourceConfig } from '../../src/sources/registry.ts';
import { BENCH_TOKEN } from './load.ts';

const config = sourceConfig.parse({ name: 'alertmanager', kind: 'alertmanager', auth: { bearer_token: BENCH_TOKEN } });
const source = createSource(config, { now: Date.now, warn: console.error });
const inbox = openInbox(process.argv[2] ?? 'inbox.sqlite');
const counts = new Map<string, number>();
const handler = createWebhookHandler({
  sources: new Map([[source.name, source]]),
  inbox,
  now: Date.now,
  log: { warn: console.error, error: console.error },
  metrics: {
    requests: (name, code) => counts.set(`${name} ${code}`, (counts.get(`${name} ${code}`) ?? 0) + 1),
    lastSeen: () => undefined,
  },
});

const app = express();
app.disable('x-powered-by');
app.use((req, res, next) => {
  if (!handler(req, res)) next();
});
const behindExpress = process.argv.includes('--express');
const server = createServer((req, res) => {
  if (behindExpress) app(req, res);
  else if (!handler(req, res)) res.writeHead(404).end();
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`);
});
process.on('SIGTERM', () => {
  inbox.close();
  process.exit(0);
});
