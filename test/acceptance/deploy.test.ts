import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { readDashboard } from '../helpers/dashboard-file.ts';
import { readDockerfile } from '../helpers/dockerfile.ts';
import { codeBlocks, linksOf, readDoc } from '../helpers/markdown.ts';
import { alertmanagerPayload } from '../helpers/payload.ts';
import { PROJECT } from '../helpers/project.ts';
import { describeWith } from '../helpers/requires.ts';
import { runProgram, runTierbell } from '../helpers/run-program.ts';
import { stopEverything, temporaryFolder } from '../servers/cleanup.ts';
import { findProgram } from '../servers/programs.ts';
import { startTierbell, type Tierbell } from '../servers/tierbell.ts';

interface Service {
  readonly image: string;
  readonly build?: { readonly context: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
}

interface Mount {
  readonly from: string;
  readonly to: string;
  readonly readOnly: boolean;
}

const DEPLOY = join(PROJECT, 'deploy');
const compose = parse(readFileSync(join(DEPLOY, 'compose.yaml'), 'utf8')) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
};
const services = Object.entries(compose.services);
const service = (name: string): Service => compose.services[name] ?? { image: `no ${name}` };
const readYaml = (path: string): unknown => parse(readFileSync(join(DEPLOY, path), 'utf8'));

/** `make-secrets` writes elsewhere here; a file that Compose would mount from `secrets/` is looked for there. */
const secrets = join(temporaryFolder('deploy').path, 'secrets');

const mountsOf = (name: string): Mount[] =>
  (service(name).volumes ?? []).map((text) => {
    const [from = '', to = '', mode] = text.split(':');
    return { from, to, readOnly: mode === 'ro' };
  });
const onThisMachine = (from: string): string => {
  const path = resolve(DEPLOY, from);
  return path.startsWith(join(DEPLOY, 'secrets')) ? join(secrets, path.slice(join(DEPLOY, 'secrets').length)) : path;
};

/** The files of a container as they would lie there. */
function layOut(name: string): string {
  const root = temporaryFolder(`deploy-${name}`).path;
  for (const { from, to } of mountsOf(name)) {
    if (!from.startsWith('.') || !statSync(onThisMachine(from)).isFile()) continue;
    mkdirSync(dirname(join(root, to)), { recursive: true });
    copyFileSync(onThisMachine(from), join(root, to));
  }
  return root;
}

beforeAll(async () => {
  const made = await runProgram('/bin/sh', [join(DEPLOY, 'make-secrets'), secrets]);
  expect(made).toMatchObject({ code: 0 });
});

afterAll(stopEverything);

describe('deploy/compose.yaml', () => {
  it('has the bridge, and what stands around it', () => {
    const names = ['tierbell', 'prometheus', 'alertmanager', 'grafana', 'elasticsearch', 'kibana'];
    expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(names));
  });

  it.each(services)('%s: its version is pinned, its ports are on loopback, it can gain no rights', (_name, each) => {
    expect(each.image).toMatch(/^[\w./-]+:v?\d+\.\d+\.\d+$/);
    expect((each.ports ?? []).filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
    expect(each.cap_drop).toEqual(['ALL']);
    expect(each.security_opt).toEqual(['no-new-privileges:true']);
    expect(each.user ?? '').not.toMatch(/^(root|0)\b/);
  });

  it.each(services)('%s: whatever is mounted is there; a file of ours cannot be written', (name) => {
    for (const { from, to, readOnly } of mountsOf(name)) {
      const ours = from.startsWith('.');
      expect({ from, there: ours ? existsSync(onThisMachine(from)) : from in compose.volumes }).toEqual({
        from,
        there: true,
      });
      expect(to).toMatch(/^\//);
      if (ours) expect({ from, readOnly }).toEqual({ from, readOnly: true });
    }
  });

  it('the bridge is built from the Dockerfile, runs as its user on a root that nobody writes to, with a volume for its data', () => {
    const { build, user, read_only: readOnly } = service('tierbell');
    expect({ built: existsSync(join(DEPLOY, build?.context ?? '', 'Dockerfile')), readOnly }).toEqual({
      built: true,
      readOnly: true,
    });
    const last = readDockerfile(readDoc('Dockerfile')).at(-1)?.instructions ?? [];
    const said = (name: string): string | undefined => last.find((one) => one.name === name)?.text;
    expect(user).toBe(said('USER'));
    expect(mountsOf('tierbell')).toContainEqual({ from: 'tierbell-data', to: said('VOLUME'), readOnly: false });
    const { version } = JSON.parse(readDoc('package.json')) as { version: string };
    expect(service('tierbell').image).toBe(`tierbell:${version}`);
  });

  it('starts the bridge with flags that serve knows, and a configuration that lies where they say', async () => {
    const [verb, ...flags] = service('tierbell').command ?? [];
    const { stdout } = await runTierbell(['serve', '--help']);
    const known = [...stdout.matchAll(/^ +(--[\w.-]+)/gm)].map(([, flag]) => flag);
    expect(verb).toBe('serve');
    expect(flags.map((flag) => flag.split('=')[0]).filter((flag) => !known.includes(flag))).toEqual([]);
    const file = flags.find((flag) => flag.startsWith('--config.file='))?.slice('--config.file='.length) ?? '';
    const mount = mountsOf('tierbell').find(({ to }) => file.startsWith(`${to}/`));
    expect(existsSync(join(onThisMachine(mount?.from ?? ''), file.slice(mount?.to.length)))).toBe(true);
  });
});

describe('the bridge of deploy/compose.yaml', () => {
  let bridge: Tierbell;
  const secret = (name: string): string => readFileSync(join(secrets, name), 'utf8').trim();
  const configFile = join(DEPLOY, 'tierbell', 'tierbell.yaml');

  beforeAll(async () => {
    const env = { TIERBELL_SECRETS: secrets, TIERBELL_ADMIN_TOKEN_FILE: join(secrets, 'admin.token') };
    expect(await runTierbell(['check-config', '--config.file', configFile], { env })).toMatchObject({ code: 0 });
    bridge = await startTierbell({ configFile, env });
  }, 300_000);

  it('is well by its own health check, which would notice', async () => {
    const [how, node, ...args] = service('tierbell').healthcheck?.test ?? [];
    expect([how, node]).toEqual(['CMD', 'node']);
    const check = (url: string) =>
      runProgram(
        process.execPath,
        args.map((word) => word.replace('http://127.0.0.1:9096', url)),
      );
    expect(await check(bridge.url)).toMatchObject({ code: 0 });
    expect(await check(`${bridge.url}/nowhere`)).toMatchObject({ code: 1 });
  });

  it('takes what Alertmanager and Grafana post to it with the tokens that they have, and from nobody else', async () => {
    const { receivers } = readYaml('alertmanager/alertmanager.yml') as {
      receivers: {
        webhook_configs?: { url: string; http_config: { authorization: { credentials_file: string } } }[];
      }[];
    };
    const [am] = receivers[0]?.webhook_configs ?? [];
    const file = am?.http_config.authorization.credentials_file ?? '';
    const mounted = mountsOf('alertmanager').find(({ to }) => to === file)?.from ?? '';
    const { contactPoints } = readYaml('grafana/provisioning/alerting/tierbell.yaml') as {
      contactPoints: {
        receivers: { settings: { url: string; httpMethod: string; authorization_credentials: string } }[];
      }[];
    };
    const grafana = contactPoints[0]?.receivers[0]?.settings;
    const grafanaFile = /^\$__file\{(.+)\}$/.exec(grafana?.authorization_credentials ?? '')?.[1] ?? '';
    const grafanaMounted = mountsOf('grafana').find(({ to }) => to === grafanaFile)?.from ?? '';
    const sent = JSON.parse(readDoc('rules/demo/alerts/6-images.json')) as unknown;
    for (const [url = '', path, body] of [
      [am?.url, onThisMachine(mounted), alertmanagerPayload([{ labels: { alertname: 'Watchdog' } }])],
      [grafana?.url, onThisMachine(grafanaMounted), sent],
    ] as const) {
      const { origin, pathname } = new URL(url);
      expect(origin).toBe('http://tierbell:9096');
      const post = (headers: Readonly<Record<string, string>>) =>
        bridge.api(pathname, { method: 'POST', body, headers });
      const authorization = `Bearer ${readFileSync(path, 'utf8').trim()}`;
      expect([(await post({ authorization })).status, (await post({})).status]).toEqual([200, 401]);
    }
  });

  it('opens its console and its API to the token of make-secrets alone', async () => {
    const headers = { authorization: `Bearer ${secret('admin.token')}` };
    expect((await bridge.api('/api/v1/incidents', { headers })).status).toBe(200);
    expect((await bridge.api('/api/v1/incidents')).status).toBe(401);
    expect((await bridge.api('/metrics')).status).toBe(200);
  });
});

describe('deploy/make-secrets', () => {
  it('keeps what is there, so that a second run changes nobody', async () => {
    const before = readFileSync(join(secrets, 'admin.token'), 'utf8');
    await runProgram('/bin/sh', [join(DEPLOY, 'make-secrets'), secrets]);
    expect(readFileSync(join(secrets, 'admin.token'), 'utf8')).toBe(before);
    expect(before).toMatch(/^[0-9a-f]{48}$/);
    expect(statSync(secrets).mode & 0o777).toBe(0o700);
  });
});

describeWith('prometheus', 'deploy/prometheus', () => {
  it('passes promtool check config as it lies in the container', async () => {
    const file = join(layOut('prometheus'), '/etc/prometheus/prometheus.yml');
    expect(await runProgram('promtool', ['check', 'config', file])).toMatchObject({ code: 0 });
  });

  it('scrapes and alerts over names that Compose gives', () => {
    const text = readFileSync(join(DEPLOY, 'prometheus', 'prometheus.yml'), 'utf8');
    const named = [...text.matchAll(/'([a-z]+):\d+'/g)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(2);
    expect(named.filter((name) => !(name in compose.services))).toEqual([]);
  });
});

describeWith('alertmanager', 'deploy/alertmanager', () => {
  it('passes amtool check-config; alerts about Tierbell itself go past it as well', async () => {
    const file = join(layOut('alertmanager'), '/etc/alertmanager/alertmanager.yml');
    expect(await runProgram('amtool', ['check-config', file])).toMatchObject({ code: 0 });
    const routed = async (alertname: string): Promise<string> =>
      (await runProgram('amtool', ['config', 'routes', 'test', `--config.file=${file}`, `alertname=${alertname}`]))
        .stdout;
    expect((await routed('TierbellDown')).trim()).toBe('past-tierbell,tierbell');
    for (const name of ['Watchdog', 'TargetDown']) expect((await routed(name)).trim()).toBe('tierbell');
  });
});

describe('deploy/grafana', () => {
  it('has one data source that the dashboard chooses by itself, and finds the dashboard where it is mounted', () => {
    const { datasources } = readYaml('grafana/provisioning/datasources/prometheus.yaml') as {
      datasources: { uid: string; type: string; url: string; isDefault: boolean }[];
    };
    expect(datasources).toMatchObject([{ type: 'prometheus', url: 'http://prometheus:9090', isDefault: true }]);
    const text = readDoc('dashboards/escalation.json');
    // The panels ask the variable; the variable lists data sources of this type, the default first.
    expect(new Set([...text.matchAll(/"type": ?"prometheus",\s*"uid": ?"([^"]+)"/g)].map(([, uid]) => uid))).toEqual(
      new Set(['${datasource}']),
    );
    expect(JSON.stringify(readDashboard())).toMatch(
      /"type":"datasource"[^}]*"query":"prometheus"|"query":"prometheus"/,
    );
    const { providers } = readYaml('grafana/provisioning/dashboards/tierbell.yaml') as {
      providers: { options: { path: string } }[];
    };
    const mounted = mountsOf('grafana').find(({ from }) => from.endsWith('escalation.json'))?.to ?? '';
    expect(dirname(mounted)).toBe(providers[0]?.options.path);
  });
});

describe('deploy/systemd/tierbell.service', () => {
  const unit = readFileSync(join(DEPLOY, 'systemd', 'tierbell.service'), 'utf8');
  const value = (key: string): string | undefined => new RegExp(`^${key}=(.*)$`, 'm').exec(unit)?.[1];

  it('starts what exists, as somebody of its own, and does not start again what is wrong usage', async () => {
    expect(value('ExecStart')).toBe('/usr/bin/node /opt/tierbell/dist/bin.js serve');
    expect([value('User'), value('RestartPreventExitStatus'), value('ProtectSystem')]).toEqual([
      'tierbell',
      '2',
      'strict',
    ]);
    const { stdout } = await runTierbell(['serve', '--help']);
    const named = [...unit.matchAll(/\bTIERBELL_(?!ADMIN)[A-Z_]+/g)].map(([name]) => name);
    expect(named.length).toBeGreaterThan(2);
    expect(named.filter((name) => !stdout.includes(name))).toEqual([]);
  });

  it('is a unit that systemd understands', async () => {
    const lines = unit.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines.filter((line) => !/^(\[\w+\]|[A-Z]\w+=.*)$/.test(line))).toEqual([]);
    if (findProgram('systemd-analyze') === null) return; // a machine without systemd has read what it can
    const file = join(temporaryFolder('deploy-unit').path, 'tierbell.service');
    copyFileSync(join(DEPLOY, 'systemd', 'tierbell.service'), file);
    const { stdout, stderr } = await runProgram('systemd-analyze', ['verify', '--man=no', file]);
    const told = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('tierbell.service'));
    expect(told.filter((line) => !line.includes('is not executable'))).toEqual([]); // node need not be there
  });
});

describe('deploy/README.md', () => {
  const text = readDoc('deploy/README.md');

  it('says that it was not tried as a whole, links to what exists, and names real commands', () => {
    expect(text).toContain('Not tried as a whole');
    const inside = linksOf(text).filter((target) => !target.startsWith('http'));
    expect(inside.filter((target) => !existsSync(join(DEPLOY, target)))).toEqual([]);
    const [sh] = codeBlocks(text).filter(({ language }) => language === 'sh');
    for (const [path = ''] of (sh?.text ?? '').matchAll(/deploy\/[\w.-]+/g))
      expect({ path, there: existsSync(join(PROJECT, path)) }).toEqual({ path, there: true });
  });

  it('names every port that Compose opens', () => {
    const ports = services.flatMap(([, each]) => each.ports ?? []).map((port) => port.split(':')[1]);
    expect(ports.filter((port) => !text.includes(`http://127.0.0.1:${port}`))).toEqual([]);
  });
});
