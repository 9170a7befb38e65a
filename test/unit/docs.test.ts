import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { channelKinds } from '../../src/channels/registry.ts';
import { logStoreKinds } from '../../src/evidence/registry.ts';
import { executorKinds } from '../../src/fixes/registry.ts';
import { metricsSourceKinds } from '../../src/metrics/registry.ts';
import { sourceKinds } from '../../src/sources/registry.ts';
import { allDocs, linksOf, readDoc } from '../helpers/markdown.ts';
import { PROJECT } from '../helpers/project.ts';

interface Package {
  readonly license?: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const readPackage = (folder: string): Package =>
  JSON.parse(readFileSync(join(PROJECT, folder, 'package.json'), 'utf8')) as Package;

describe('docs/dependencies.md', () => {
  const rows = [
    ...readDoc('docs/dependencies.md').matchAll(
      /^\| (@?[a-z][\w./-]*) \| (.+?) \| ([\w.-]+)(?: \([^|]+\))? \| .+ \|$/gm,
    ),
  ]
    .filter(([, name]) => name !== 'package')
    .map(([, name = '', , licence = '']) => ({ name, licence }));

  it('has one line for each dependency of package.json, and none for others', () => {
    const { dependencies, devDependencies } = readPackage('.');
    const wanted = [...Object.keys(dependencies), ...Object.keys(devDependencies)].toSorted();
    expect(rows.map(({ name }) => name).toSorted()).toEqual(wanted);
  });

  it.each(rows)('gives the licence that $name has', ({ name, licence }) => {
    expect(readPackage(join('node_modules', name)).license).toBe(licence);
  });
});

describe('docs/guides/judgement.md', () => {
  it('has one line for each file of rules/products', () => {
    const told = [...readDoc('docs/guides/judgement.md').matchAll(/^\| .+ \| `([a-z-]+\.yaml)` \|$/gm)];
    const files = readdirSync(join(PROJECT, 'rules', 'products'));
    expect(told.map(([, file = '']) => file).toSorted()).toEqual(files.toSorted());
  });
});

describe('README and docs', () => {
  it.each(allDocs())('%s links to what exists', (doc) => {
    const folder = join(PROJECT, dirname(doc));
    const inside = linksOf(readDoc(doc)).filter((target) => !/^https?:/.test(target));
    expect(inside.filter((target) => !existsSync(join(folder, target)))).toEqual([]);
  });

  it.each(allDocs())('%s names files and folders of the project that exist', (doc) => {
    const named = [...readDoc(doc).matchAll(/`((?:src|test|rules|docs)\/[\w./-]+)`/g)].map(([, path = '']) => path);
    expect(named.filter((path) => !existsSync(join(PROJECT, path)))).toEqual([]);
  });

  it('the architecture page has one line for each folder of src', () => {
    const folders = readdirSync(join(PROJECT, 'src'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `src/${name}/`);
    const told = [...readDoc('docs/architecture.md').matchAll(/^\| `(src\/\w+\/)` \| .+ \|$/gm)].map(
      ([, path = '']) => path,
    );
    expect(told.toSorted()).toEqual(folders.toSorted());
  });

  it('every decision is numbered once, with its date and status', () => {
    const names = readdirSync(join(PROJECT, 'docs', 'adr')).toSorted();
    names.forEach((name, index) => {
      const number = String(index + 1).padStart(4, '0');
      expect(name).toMatch(new RegExp(`^${number}-[a-z0-9-]+\\.md$`));
      expect(readDoc(`docs/adr/${name}`)).toMatch(
        new RegExp(`^# ${index + 1}\\. .+\n\nDate: \\d{4}-\\d\\d-\\d\\d\\. Status: `),
      );
    });
  });

  it('the README names exactly the kinds that this version has', () => {
    const here = /\*\*Here\*\*: (.+?)· SQLite/s.exec(readDoc('README.md'))?.[1] ?? '';
    const told = (what: string): string[] => {
      const part = here.split('·').find((text) => text.trim().startsWith(what)) ?? '';
      return [...part.matchAll(/`([\w-]+)`/g)].map(([, kind = '']) => kind).toSorted();
    };
    const built = (kinds: readonly { readonly kind: string }[]): string[] => kinds.map(({ kind }) => kind).toSorted();
    expect({
      sources: told('sources'),
      stores: told('log stores'),
      metrics: told('metrics'),
      executors: told('executors'),
      channels: told('channels'),
    }).toEqual({
      sources: built(sourceKinds),
      stores: built(logStoreKinds),
      metrics: built(metricsSourceKinds),
      executors: built(executorKinds),
      channels: built(channelKinds),
    });
  });
});

describe('the README, of what is not built', () => {
  it('names only what the configuration check would call not built', () => {
    const missing = /\*\*Not yet\*\*: (.+?)\n- /s.exec(readDoc('README.md'))?.[1] ?? '';
    const named = [...missing.matchAll(/`(\w+)`/g)].map(([, word = '']) => word);
    const refused = readDoc('src/config/not-built.ts');
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((word) => !refused.includes(`'${word}'`))).toEqual([]);
  });
});

describe('docs/guides/operating.md', () => {
  it('watches only metrics that exist', () => {
    const declared = readFileSync(join(PROJECT, 'src', 'telemetry', 'metrics.ts'), 'utf8');
    const watched = [...readDoc('docs/guides/operating.md').matchAll(/`tierbell_(\w+)/g)].map(([, name = '']) => name);
    expect(watched.length).toBeGreaterThan(5);
    expect(watched.filter((name) => !new RegExp(`'(?:tierbell_)?${name}'`).test(declared))).toEqual([]);
  });
});
