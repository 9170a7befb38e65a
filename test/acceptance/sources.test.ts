import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { createAuthority } from '../helpers/certificates.ts';
import { writeConfiguration } from '../helpers/configuration.ts';
import { incident, incidents, timeline, waitForIncident } from '../helpers/incident-api.ts';
import { describeWith } from '../helpers/requires.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { startAlertmanager } from '../servers/alertmanager.ts';
import { stopEverything, temporaryFolder } from '../servers/cleanup.ts';
import { startPrometheus } from '../servers/prometheus.ts';
import { startSmtp } from '../servers/smtp.ts';
import { startTierbell, type Tierbell } from '../servers/tierbell.ts';

jest.setTimeout(300_000);
afterEach(stopEverything, 300_000);

const BASIC = { username: 'prom', password: 'geheim:mit:Doppelpunkt' };

async function bridgeWith(sources: readonly object[], flags: readonly string[] = []): Promise<Tierbell> {
  const { url } = await startSmtp();
  const flap = { resolve_hold: '1s', reopen_within: '1h' };
  return startTierbell({ configFile: writeConfiguration(url, { main: { sources, flap } }), flags });
}

const rule = (alert: string, expr: string) => ({ alert, expr, labels: { severity: 'critical' } });

describeWith('prometheus', 'a Prometheus that posts to the bridge directly', () => {
  it('fires, resolves, fires again; when it dies its alerts end by themselves, and that is said', async () => {
    const bridge = await bridgeWith([{ name: 'prom', kind: 'prometheus', auth: { basic: BASIC } }]);
    const alertmanager = {
      path_prefix: '/webhooks/prom',
      basic_auth: BASIC,
      static_configs: [{ targets: [new URL(bridge.url).host] }],
    };
    const prometheus = await startPrometheus({
      rules: [rule('Always', 'vector(1)'), rule('Watchdog', 'vector(1)'), rule('Sometimes', 'vector(1)')],
      alertmanagerUrl: bridge.url,
      config: { alerting: { alertmanagers: [alertmanager] } },
      // It vouches for four times that; after a reload it needs 5 s to find the bridge again.
      flags: ['--rules.alert.resend-delay=8s'],
    });
    await waitForIncident(bridge, { alertname: 'Always' });
    const sometimes = await waitForIncident(bridge, { alertname: 'Sometimes' });
    await prometheus.reload([rule('Always', 'vector(1)'), rule('Sometimes', 'vector(1) > 1')]);
    await waitForIncident(bridge, { alertname: 'Sometimes' }, ({ status }) => status === 'resolved');
    await prometheus.reload([rule('Always', 'vector(1)'), rule('Sometimes', 'vector(1)')]);
    await waitForIncident(bridge, { alertname: 'Sometimes' }, ({ status }) => status === 'triggered');
    const always = await waitForIncident(bridge, { alertname: 'Always' }, ({ status }) => status === 'triggered');

    await prometheus.kill9();
    await waitForIncident(bridge, { alertname: 'Always' }, ({ status }) => status === 'resolved');
    const texts = (await timeline(bridge, always.id)).map(({ text }) => text);
    expect(texts).toContain('1 not sent again in time and counted as resolved; 0 firing now');
    expect(texts.filter((text) => text.includes('firing now'))).toHaveLength(2);
    // Watchdog is a heartbeat; what fired again is the same incident.
    expect((await incidents(bridge)).map(({ id }) => id).toSorted()).toEqual([sometimes.id, always.id].toSorted());
    expect((await incident(bridge, sometimes.id)).alerts).toHaveLength(1);
  });

  it('that bears the wrong password is refused, and the metrics show it', async () => {
    const bridge = await bridgeWith([{ name: 'prom', kind: 'prometheus', auth: { basic: BASIC } }]);
    await startPrometheus({
      rules: [rule('Always', 'vector(1)')],
      alertmanagerUrl: bridge.url,
      config: {
        alerting: {
          alertmanagers: [
            {
              path_prefix: '/webhooks/prom',
              basic_auth: { ...BASIC, password: 'x' },
              static_configs: [{ targets: [new URL(bridge.url).host] }],
            },
          ],
        },
      },
      flags: ['--rules.alert.resend-delay=1s'],
    });
    await waitFor('a refused request in the metrics', async () =>
      /^tierbell_webhook_requests_total\{source="prom",code="401"\} [1-9]/m.test((await bridge.api('/metrics')).text),
    );
    expect(await incidents(bridge)).toEqual([]);
  });
});

describeWith(['alertmanager', 'openssl'], 'an Alertmanager that must show a certificate', () => {
  it('gets in with it and its password; nobody else does', async () => {
    const folder = temporaryFolder('certificates').path;
    const authority = createAuthority(folder, 'ca');
    const server = authority.issue('server');
    const client = authority.issue('alertmanager');
    const webConfig = join(folder, 'web.yml');
    const lines = ['client_auth_type: RequireAndVerifyClientCert', 'client_ca_file: ca.pem', 'min_version: TLS13'];
    writeFileSync(
      webConfig,
      `tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n  ${lines.join('\n  ')}\n`,
    );
    expect(server.cert).toBe(join(folder, 'server.pem'));
    const sources = [{ name: 'am', kind: 'alertmanager', auth: { basic: BASIC } }];
    const bridge = await bridgeWith(sources, [`--web.config.file=${webConfig}`]);
    expect(bridge.url).toMatch(/^https:/);

    const tls = { ca_file: authority.cert, cert_file: client.cert, key_file: client.key };
    const webhook = {
      url: `${bridge.url}/webhooks/am`,
      more: { http_config: { basic_auth: BASIC, tls_config: tls } },
    };
    const alertmanager = await startAlertmanager({ webhook });
    await alertmanager.send([{ labels: { alertname: 'Certified', severity: 'critical' } }]);
    const list = (pem?: typeof client) => getJson(`${bridge.url}/api/v1/incidents`, authority.cert, pem);
    await waitFor('the incident', async () => (await list(client)).items.length === 1, { timeoutMs: 60_000 });
    expect((await list(client)).items[0]?.title).toBe('Certified');
    await expect(list()).rejects.toThrow();
  });
});

interface Listed {
  readonly items: readonly { readonly title: string }[];
}

function getJson(url: string, ca: string, pem?: { cert: string; key: string }): Promise<Listed> {
  const own = pem === undefined ? {} : { cert: readFileSync(pem.cert), key: readFileSync(pem.key) };
  return new Promise((resolve, reject) => {
    const req = request(url, { ca: readFileSync(ca), agent: false, ...own }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString()) as Listed));
    });
    req.on('error', reject);
    req.end();
  });
}
