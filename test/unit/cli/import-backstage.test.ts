import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../../src/cli/cli.ts';
import type { Terminal } from '../../../src/cli/terminal.ts';
import { load, MAIN, POLICY, replaced } from '../config/files.ts';

/** In the form of https://backstage.io/docs/features/software-catalog/descriptor-format. */
const CATALOG = `apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: checkout
  description: Takes the money
  annotations: { example.org/tier: "1", backstage.io/techdocs-ref: 'dir:.' }
  links:
    - { url: https://wiki.example.org/checkout, title: Runbook, icon: docs }
    - { url: https://chat.example.org/shop, title: Chat of the team }
    - { url: 'javascript:alert(1)', title: Support }
spec: { type: service, lifecycle: production, owner: group:default/shop, dependsOn: [component:default/psp, resource:orders-db, component:gone] }
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: { name: psp, labels: { tier: tier-2 } }
spec: { type: service, owner: payments }
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: { name: orders-db }
spec: { type: database, owner: user:ada }
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: { name: date-picker }
spec: { type: library, owner: shop }
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: shop }
spec: { type: team, children: [] }
`;

async function run(...texts: string[]): Promise<{ status: number | null; out: string; err: string }> {
  const said = { out: '', err: '' };
  const folder = mkdtempSync(join(tmpdir(), 'tierbell-import-'));
  const files = texts.map((text, index) => {
    const file = join(folder, `catalog-${index}.yaml`);
    writeFileSync(file, text);
    return file;
  });
  const terminal: Terminal = {
    ...{ env: {}, cwd: '.', pid: 1, version: '0', nodeVersion: '24', columns: null },
    write: (text) => void (said.out += text),
    writeError: (text) => void (said.err += text.replaceAll(`${folder}/`, '')),
    stdin: async () => new TextEncoder().encode(CATALOG),
    stdinChunks: () => {
      throw new Error('nobody types here');
    },
    ...{ onStop: () => {}, onReload: () => {}, settled: () => {}, exit: () => {} },
  };
  const status = await runCli(['import', 'backstage', ...(files.length === 0 ? ['-'] : files)], terminal);
  return { status, ...said };
}

describe('tierbell import backstage', () => {
  it('prints a catalogue that check-config takes once its teams are there, and says what it left out', async () => {
    const { status, out, err } = await run(CATALOG);
    expect(status).toBe(0);
    expect(err.trim().split('\n')).toEqual([
      'import backstage: "date-picker" is left out: a library fires no alerts',
      'import backstage: checkout also depends on "gone", which is not here',
      'import backstage: orders-db: its owner "user:ada" is no team, so no team owns it',
    ]);
    expect(out).toContain('# Each of these must stand under `teams` in tierbell.yaml: payments, shop\n');
    const teams = ['payments', 'shop'].map((name) => `  - { name: ${name}, channels: [mail] }\n`).join('');
    const main = replaced(replaced(MAIN, 'fallback:', `${teams}fallback:`), '[rules.yaml]', '[rules.yaml, s.yaml]');
    const loaded = await load({ 'etc/main.yaml': main, 'etc/rules.yaml': POLICY, 'etc/s.yaml': out });
    expect(loaded.ok && loaded.config.services).toEqual([
      {
        ...{ name: 'checkout', team: 'shop', tier: 1, depends_on: ['psp', 'orders-db'], matchers: [], skills: [] },
        ...{ runbook: 'https://wiki.example.org/checkout', contacts: ['https://chat.example.org/shop'] },
      },
      { name: 'psp', team: 'payments', tier: 2, depends_on: [], matchers: [], skills: [], contacts: [] },
      { name: 'orders-db', depends_on: [], matchers: [], skills: [], contacts: [] },
    ]);
  });

  it('reads standard input, several files, and what the API of Backstage lists', async () => {
    expect((await run()).out).toContain('- name: checkout');
    const entity = (name: string) => ({ kind: 'Component', metadata: { name }, spec: { type: 'service' } });
    const { out } = await run(JSON.stringify([entity('a')]), JSON.stringify({ items: [entity('b')] }));
    expect(out).toMatch(/- name: a\n +- name: b\n$/);
  });

  it.each([
    ['what is no YAML, with its place', 'kind: [Component\nx: }', /^tierbell: catalog-0\.yaml:2:\d+: not YAML: /],
    [
      'a file without a service',
      'kind: Group\nmetadata: { name: shop }\n',
      /there is no Component and no Resource in it/,
    ],
    ['a text that is anything', 'just words', /there is no Component/],
    [
      'a bomb of aliases',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
        .split('')
        .map((name, n) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefgh'[n]}`).join(',')}]\n`)
        .join('')}`,
      /Excessive alias count/,
    ],
  ])('refuses %s', async (_what, text, message) => {
    const { status, out, err } = await run(text);
    expect([status, out]).toEqual([1, '']);
    expect(err).toMatch(message);
  });

  it('says of an entry without a name that it is left out', async () => {
    const { out, err } = await run(
      'kind: Component\nmetadata: { name: ok }\n---\nkind: Component\nmetadata: {}\n---\nwords\n',
    );
    expect(out).toMatch(/services:\n {2}- name: ok\n$/);
    expect(err).toBe('import backstage: entry 2, a component, is left out: it has no name\n');
  });

  it('leaves out names that no service may have, and the second of two', async () => {
    const { out, err } = await run(
      ['ok', 'ok', '__proto__', 'a/b', '-x']
        .map((name) => `kind: Component\nmetadata: { name: "${name}" }\n`)
        .join('---\n'),
    );
    expect(out).toMatch(/services:\n {2}- name: ok\n$/);
    expect(err.match(/is left out/g)).toHaveLength(4);
  });
});
