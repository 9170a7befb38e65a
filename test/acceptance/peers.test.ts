import { jest } from '@jest/globals';
import { LEVEL2, writeConfiguration } from '../helpers/configuration.ts';
import { deliver, mailsOf, waitForIncident, type IncidentJson } from '../helpers/incident-api.ts';
import { PATIENT } from '../helpers/log-house.ts';
import { alertmanagerPayload } from '../helpers/payload.ts';
import { describeWith } from '../helpers/requires.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { stopEverything } from '../servers/cleanup.ts';
import { startElasticsearch } from '../servers/elasticsearch.ts';
import { startPrometheus } from '../servers/prometheus.ts';
import { startSmtp } from '../servers/smtp.ts';
import { startTierbell } from '../servers/tierbell.ts';

jest.setTimeout(300_000);
afterEach(stopEverything, 300_000);

type Piece = IncidentJson['evidence'][number] & {
  readonly kind: string;
  readonly about?: string;
  readonly facts: readonly { readonly text: string }[];
};

const NAMES = ['x2x7k', 'y3y8m', 'z4z9n'].map((name) => `checkout-7d4b9c6f5d-${name}`);

describeWith(['elasticsearch', 'prometheus'], 'an alert about one of several of its kind', () => {
  it('is told with how many are hit, with what only it writes, and with what ended the like of it', async () => {
    const [server, smtp, prometheus] = await Promise.all([
      startElasticsearch(),
      startSmtp(),
      startPrometheus({
        // Nobody listens there; that they are targets of the job is what counts.
        scrape: [{ job: 'checkout', targets: ['127.0.0.1:2', '127.0.0.1:3', '127.0.0.1:4'], labels: { zone: 'b' } }],
      }),
    ]);
    await waitFor('the targets', async () => (await prometheus.query('up{job="checkout"}')).length === 3, {
      timeoutMs: 60_000,
    });
    const line = (pod: string | undefined, level: string, message: string): object => ({
      ...{ '@timestamp': new Date(Date.now() - 90_000).toISOString(), message, log: { level } },
      ...{ service: { name: 'checkout' }, kubernetes: { pod: { name: pod }, namespace: 'shop' } },
    });
    await server.index('logs-shop', [
      ...NAMES.flatMap((pod) => Array.from({ length: 40 }, (_, n) => line(pod, 'info', `order ${n} placed`))),
      ...Array.from({ length: 6 }, (_, n) => line(NAMES[0], 'error', `ledger-${n} refused the connection`)),
      ...Array.from({ length: 6 }, (_, n) => line(NAMES[0], 'error', `stock of shop ${n} could not be read`)),
    ]);
    const bridge = await startTierbell({
      configFile: writeConfiguration(smtp.url, {
        main: {
          logs: [{ name: 'elk', kind: 'elasticsearch', nodes: [server.url], index: 'logs-*', budget: PATIENT }],
          metrics: [{ name: 'prom', kind: 'prometheus', url: prometheus.url }],
        },
      }),
    });
    const open = async (alertname: string): Promise<IncidentJson> => {
      const labels = { alertname, severity: 'critical', service: 'checkout', namespace: 'shop', pod: NAMES[0] ?? '' };
      const target = { job: 'checkout', instance: '127.0.0.1:2', zone: 'b' };
      await deliver(bridge, alertmanagerPayload([{ labels: { ...labels, ...target } }]));
      return waitForIncident(bridge, { alertname }, ({ evidence }) => evidence.length >= 3);
    };
    const pieceOf = ({ evidence }: IncidentJson, which: (piece: Piece) => boolean): Piece | undefined =>
      (evidence as unknown as readonly Piece[]).find(which);

    const first = await open('CheckoutErrors');
    expect((first as unknown as { impact: unknown }).impact).toEqual({
      ...{ alerts: 1, targets: 1 },
      spread: '1 of 3 targets of job checkout, in zone b: local',
    });
    const peer = pieceOf(first, ({ kind }) => kind === 'healthy_peer');
    expect(peer?.facts.map(({ text }) => text.replace(/-\d |shop \d/g, '…'))).toEqual(
      expect.arrayContaining([`only ${NAMES[0]} writes (6 ×): ledger…refused the connection`]),
    );
    expect(peer?.reason).toContain('Compared with 2 healthy ones');
    const mail = await waitFor('the mail that follows', () =>
      mailsOf(smtp, first, LEVEL2).find(({ text }) => text.includes('Beside it: only checkout-')),
    );
    expect(mail.text).toContain('1 of 3 targets of job checkout, in zone b: local');

    const path = `/api/v1/incidents/${first.id}/resolve`;
    await bridge.api(path, { body: { by: 'ada', reason: 'the ledger was restarted' } });
    const second = await open('LatencyHigh');
    expect(pieceOf(second, ({ kind }) => kind === 'similar')?.facts[0]?.text).toMatch(
      /^INC-1 CheckoutErrors.*\(2 kinds of log lines in common\): resolved by ada .*: the ledger was restarted$/,
    );
  });
});
