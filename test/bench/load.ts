import { connect, type Socket } from 'node:net';

/** What the benchmark's servers ask for. */
export const BENCH_TOKEN = 'bench-token-6b1f0c';

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  readonly requestsPerSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Answers other than 200. */
  readonly failed: number;
}

export interface LoadSettings {
  readonly port: number;
  readonly path: string;
  readonly alerts: number;
  readonly connections: number;
  readonly durationMs: number;
  /** Kept apart between rounds, so that no two requests are the same. */
  readonly seed: number;
  /** What is sent: a webhook of Alertmanager (the default), or the alerts alone, as Prometheus sends them to Alertmanager. */
  readonly shape?: 'webhook' | 'alerts';
}

/** Many keep-alive connections, one request at a time on each, as fast as the answers come. Raw sockets: the generator must not be the brake. */
export async function load(settings: LoadSettings): Promise<LoadResult> {
  const requests = prepareRequests(settings);
  const latencies: number[] = [];
  let next = 0;
  let failed = 0;
  const begin = performance.now();
  const end = begin + settings.durationMs;
  const one = (socket: Socket, done: () => void): void => {
    let sentAt = 0;
    const send = (): void => {
      if (performance.now() >= end) {
        socket.destroy();
        return done();
      }
      sentAt = performance.now();
      socket.write(requests[next++ % requests.length] as Buffer);
    };
    socket.on('data', (answer: Buffer) => {
      latencies.push(performance.now() - sentAt);
      if (answer.toString('latin1', 9, 12) !== '200') failed += 1;
      send();
    });
    socket.on('error', () => {
      failed += 1;
      done();
    });
    send();
  };
  await Promise.all(
    Array.from({ length: settings.connections }, () => {
      const socket = connect({ port: settings.port, host: '127.0.0.1', noDelay: true });
      return new Promise<void>((resolve) => socket.once('connect', () => one(socket, resolve)));
    }),
  );
  const seconds = (performance.now() - begin) / 1000;
  latencies.sort((a, b) => a - b);
  return {
    requests: latencies.length,
    seconds,
    requestsPerSecond: latencies.length / seconds,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    failed,
  };
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Whole HTTP requests as bytes, made before the clock starts; enough different ones that groups and fingerprints vary. */
function prepareRequests({ path, alerts, seed, shape = 'webhook' }: LoadSettings): Buffer[] {
  const different = Math.max(20, Math.floor(2000 / alerts));
  return Array.from({ length: different }, (_, index) => {
    const webhook = payload(seed * 1_000_000 + index * alerts, alerts);
    const body = Buffer.from(JSON.stringify(shape === 'webhook' ? webhook : bareAlerts(webhook)));
    const head = [
      `POST ${path} HTTP/1.1`,
      'Host: 127.0.0.1',
      'User-Agent: Alertmanager/0.28.1',
      `Content-Length: ${body.length}`,
      `Authorization: Bearer ${BENCH_TOKEN}`,
      'Content-Type: application/json',
    ];
    return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
  });
}

/** The same alerts as Prometheus sends them; Alertmanager works out fingerprints and groups itself. */
function bareAlerts({ alerts }: { readonly alerts: readonly object[] }): object[] {
  return alerts.map((alert) => ({ ...alert, status: undefined, fingerprint: undefined, endsAt: undefined }));
}

/** Of the shape and weight of a real group: about 900 bytes an alert, as in the capture of 600 alerts in one body. */
export function payload(first: number, count: number) {
  const alertname = `HighErrorRate${first % 40}`;
  const common = {
    alertname,
    cluster: 'eu-west-1',
    environment: 'prod',
    job: 'checkout',
    severity: 'warning',
    team: 'shop',
  };
  const alerts = Array.from({ length: count }, (_, index) => alert(common, first + index));
  return {
    receiver: 'tierbell',
    status: 'firing',
    alerts,
    groupLabels: { alertname },
    commonLabels: common,
    commonAnnotations: { runbook_url: `https://runbooks.example.org/${alertname}` },
    externalURL: 'http://alertmanager-0.monitoring.svc:9093',
    version: '4',
    groupKey: `{}/{environment="prod"}:{alertname="${alertname}"}`,
    truncatedAlerts: 0,
  };
}

function alert(common: Readonly<Record<string, string>>, n: number): object {
  const instance = `checkout-${n % 5000}.shop.svc.cluster.local:8080`;
  return {
    status: 'firing',
    labels: {
      ...common,
      instance,
      namespace: 'shop',
      pod: `checkout-7d9f8b6c5-${n.toString(36)}`,
      service: 'checkout',
    },
    annotations: {
      description: `${instance} answers ${(n % 97) + 3}% of its requests with 5xx for more than 10 minutes; customers see an error page when they pay. Look at the payment provider first.`,
      runbook_url: `https://runbooks.example.org/${common['alertname']}`,
      summary: `High error rate on ${instance}`,
    },
    startsAt: new Date(Date.UTC(2026, 10, 21, 10, 0, n % 3600)).toISOString(),
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: `http://prometheus-0.monitoring.svc:9090/graph?g0.expr=rate%28http_requests_total%7Bcode%3D~%225..%22%2Cinstance%3D%22${instance}%22%7D%5B5m%5D%29+%3E+0.03&g0.tab=1`,
    fingerprint: (BigInt(n) * 0x9e3779b97f4a7c15n).toString(16).padStart(16, '0').slice(-16),
  };
}
