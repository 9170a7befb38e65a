/**
 * A small web shop to go wrong on demand; run as a process of its own by ../../helpers/shop.ts.
 * Argument: `ShopSettings` as JSON. Standard output: the ready line, then one ECS document for each log line.
 */
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { appendFileSync } from 'node:fs';

export interface ShopSettings {
  readonly service: string;
  readonly instances: readonly string[];
  readonly logFile: string;
  readonly logEveryMs: number;
}

const settings = JSON.parse(process.argv[2] ?? '{}') as ShopSettings;
/** Why an instance is down; the instances that are up are not in it. */
const causes = new Map<string, string>();
let orders = 0;

function log(instance: string, level: string, message: string, stackTrace?: string): void {
  const document = {
    '@timestamp': new Date().toISOString(),
    message,
    'log.level': level,
    'service.name': settings.service,
    'host.name': instance,
    ...(stackTrace === undefined ? {} : { 'error.stack_trace': stackTrace }),
  };
  const line = `${JSON.stringify(document)}\n`;
  appendFileSync(settings.logFile, line);
  process.stdout.write(line);
}

function takeOrder(instance: string): void {
  orders += 1;
  if (causes.has(instance)) log(instance, 'error', `order ${orders} failed: the payment worker does not answer (503)`);
  else log(instance, 'info', `order ${orders} accepted in ${10 + (orders % 40)} ms`);
}

function breakDown(instance: string, cause: string): void {
  causes.set(instance, cause);
  log(instance, 'error', cause, `Error: ${cause}\n    at startWorker (payment.js:41:9)\n    at main (shop.js:12:3)`);
  takeOrder(instance);
}

function restart(instance: string): void {
  causes.delete(instance);
  log(instance, 'info', 'payment worker started');
}

function metrics(): string {
  const gauges = settings.instances.map(
    (name) => `shop_up{instance=${JSON.stringify(name)}} ${causes.has(name) ? 0 : 1}`,
  );
  return [
    '# HELP shop_up Whether the payment worker of the instance runs.',
    '# TYPE shop_up gauge',
    ...gauges,
    '# HELP shop_orders_total Orders that came in.',
    '# TYPE shop_orders_total counter',
    `shop_orders_total ${orders}`,
    '',
  ].join('\n');
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, string>> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? {} : (JSON.parse(text) as Record<string, string>);
}

async function answer(request: IncomingMessage): Promise<{ status: number; text: string }> {
  if (request.method === 'GET') {
    return request.url === '/metrics' ? { status: 200, text: metrics() } : { status: 404, text: 'no such page' };
  }
  const body = await bodyOf(request);
  const instance = body['instance'] ?? '';
  if (!settings.instances.includes(instance)) return { status: 404, text: `there is no instance ${instance}` };
  if (request.url === '/-/break') breakDown(instance, body['cause'] ?? '');
  else if (request.url === '/-/restart') restart(instance);
  else if (request.url === '/-/log') log(instance, body['level'] ?? 'info', body['text'] ?? '');
  else return { status: 404, text: 'no such page' };
  return { status: 200, text: 'done' };
}

const server = createServer((request, response) => {
  answer(request).then(
    ({ status, text }) => response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4' }).end(text),
    (error: Error) => response.writeHead(500).end(error.message),
  );
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`{"ready":true,"port":${(server.address() as AddressInfo).port}}\n`);
  setInterval(() => settings.instances.forEach(takeOrder), settings.logEveryMs);
});
