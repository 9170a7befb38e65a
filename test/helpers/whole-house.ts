import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startAlertmanager, type Alertmanager } from '../servers/alertmanager.ts';
import { temporaryFolder } from '../servers/cleanup.ts';
import { startElasticsearch, type Elasticsearch } from '../servers/elasticsearch.ts';
import { startHttpSink, type HttpSink } from '../servers/http-sink.ts';
import { startPrometheus, type Prometheus } from '../servers/prometheus.ts';
import { startSmtp, type SmtpSink } from '../servers/smtp.ts';
import { startTierbell, type Tierbell } from '../servers/tierbell.ts';
import { mailChannels, twoLevels, writeConfiguration } from './configuration.ts';
import { PATIENT } from './log-house.ts';
import { startShop, type Shop } from './shop.ts';

/** Where the links in messages point to; the tests open them at the bridge's real address. */
export const PUBLIC_URL = 'http://bell.example.org';

/** How long Level 2 has to answer for `shop-2`, where somebody does. */
export const ANSWERED_WITHIN_MS = 20_000;

/** Everything that the first story needs, as real processes, wired as an operator would wire it. */
export interface House {
  readonly shop: Shop;
  readonly elasticsearch: Elasticsearch;
  readonly smtp: SmtpSink;
  readonly hook: HttpSink;
  readonly hookSecret: string;
  readonly alertmanager: Alertmanager;
  readonly prometheus: Prometheus;
  readonly bridge: Tierbell;
}

/**
 * A shop of four: `shop-1` has a known fix, at `shop-2` Level 2 has 20 s to answer, at `shop-3` 5 s, at `shop-4` a
 * quarter of an hour. Prometheus takes 5 s to look around, so it starts beside Elasticsearch.
 */
export async function startHouse(): Promise<House> {
  const [smtp, hook, alertmanager] = await Promise.all([startSmtp(), startHttpSink(), startAlertmanager({})]);
  const searching = startElasticsearch();
  const shop = await startShop({
    instances: ['shop-1', 'shop-2', 'shop-3', 'shop-4'],
    ship: async (documents) => (await searching).index('logs-shop', documents),
  });
  const [elasticsearch, prometheus] = await Promise.all([
    searching,
    startPrometheus({
      rules: [
        {
          alert: 'PaymentWorkerDown',
          expr: 'shop_up == 0',
          labels: { severity: 'critical', service: 'shop' },
          annotations: { summary: 'Payments fail on {{ $labels.instance }}' },
        },
      ],
      scrape: [{ job: 'shop', targets: [shop.target] }],
      alertmanagerUrl: alertmanager.url,
    }),
  ]);
  const hookSecret = `whsec_${randomBytes(24).toString('base64')}`;
  const token = randomBytes(16).toString('hex');
  const configFile = configure({ shop, elasticsearch, smtp, hook, hookSecret, prometheus }, token);
  const bridge = await startTierbell({ configFile, flags: [`--web.external-url=${PUBLIC_URL}`] });
  const webhook = { url: `${bridge.url}/webhooks/am`, bearerToken: token };
  await alertmanager.reload({ webhook, route: { group_by: ['alertname', 'instance'] } });
  return { shop, elasticsearch, smtp, hook, hookSecret, alertmanager, prometheus, bridge };
}

function configure(house: Omit<House, 'bridge' | 'alertmanager'>, token: string): string {
  const { shop, elasticsearch, smtp, hook, hookSecret, prometheus } = house;
  const tokenFile = join(temporaryFolder('token').path, 'am.token');
  writeFileSync(tokenFile, `${token}\n`, { mode: 0o600 });
  return writeConfiguration(smtp.url, {
    main: {
      sources: [{ name: 'am', kind: 'alertmanager', auth: { bearer_token_files: [tokenFile] } }],
      logs: [{ name: 'elk', kind: 'elasticsearch', nodes: [elasticsearch.url], index: 'logs-*', budget: PATIENT }],
      executors: [{ name: 'local', kind: 'command', allow: [shop.commandFolder] }],
      metrics: [{ name: 'prom', kind: 'prometheus', url: prometheus.url }],
      channels: [
        ...mailChannels(smtp.url),
        { name: 'l3-hook', kind: 'webhook', url: `${hook.url}/in`, secret: hookSecret },
      ],
      teams: [
        { name: 'level2', channels: ['l2-mail'] },
        { name: 'level3', channels: ['l3-mail', 'l3-hook'] },
      ],
    },
    fixes: [restartShop(shop, ['instance="shop-1"'])],
    policies: [
      twoLevels('answered', `${ANSWERED_WITHIN_MS / 1_000}s`, ['instance="shop-2"']),
      twoLevels('hasty', '5s', ['instance="shop-3"']),
      twoLevels('default', '15m'),
    ],
  });
}

/** The known fix of the stories: the shop's own restart command, verified by its metric. */
export function restartShop(shop: Pick<Shop, 'restartCommand'>, matchers: readonly string[]): unknown {
  return {
    id: 'restart-payment-worker',
    title: 'Restart the payment worker',
    applies_to: { matchers, sources: ['am'] },
    mode: 'automatic',
    executor: 'local',
    target: '{{ instance }}',
    action: {
      kind: 'command',
      argv: [shop.restartCommand, '{{ instance }}'],
      parameters: { instance: { from: 'labels.instance', pattern: '[a-z0-9-]{1,63}' } },
      timeout: '60s',
    },
    verify: { kind: 'promql', query: 'shop_up{instance="{{ labels.instance }}"} == 1', for: '1s', timeout: '60s' },
  };
}
