import type { Config } from '../../../src/config/schema.ts';
import { createShadow, type ShadowOptions } from '../../../src/shadow/start-shadow.ts';
import { waitFor } from '../../helpers/wait-for.ts';

const TROUBLE = new URL('../../helpers/shadow-thread-in-trouble.ts', import.meta.url);
const config = { known_fixes: [], shadow: { rules: 'next/', config: {} } } as unknown as Config;

function options(): { said: Record<string, unknown>[]; options: ShadowOptions } {
  const said: Record<string, unknown>[] = [];
  return {
    said,
    options: {
      ...{ storage: { folder: '/nowhere', url: null }, entry: TROUBLE, patienceMs: 1_500, restartMs: 10 },
      ...{ now: () => 7, log: { warn: (message: string, fields = {}) => void said.push({ message, ...fields }) } },
    },
  };
}

it('rules that hang over one incident and break over another go on with the rest, and nobody else notices', async () => {
  const { options: given, said } = options();
  const shadow = createShadow(given);
  expect(shadow.report()).toBeNull();
  shadow.use(config);
  await waitFor('the third', () => (shadow.report()?.findings.length ?? 0) > 0, { timeoutMs: 60_000 });
  expect(shadow.report()).toMatchObject({
    ...{ rules: 'next/', since: 7, behind: 0, trouble: '', findings: [{ number: 3, title: 'Three' }] },
    skipped: [
      { number: 2, why: 'the shadow rules did not come to an end with it' },
      { number: 1, why: 'the shadow rules did not come to an end with it' },
    ],
  });
  expect(said.map(({ incident }) => incident)).toEqual([1, 2]);
  const { shadow: _none, ...without } = config;
  shadow.use(without);
  expect(shadow.report()).toBeNull();
  await shadow.stop();
}, 300_000);

it('other rules begin from the beginning', async () => {
  const { options: given } = options();
  const shadow = createShadow(given);
  shadow.use(config);
  await waitFor('the third', () => (shadow.report()?.findings.length ?? 0) > 0, { timeoutMs: 60_000 });
  shadow.use(config);
  expect(shadow.report()).toMatchObject({ findings: [], skipped: [] });
  await shadow.stop();
}, 300_000);
