import type { Change } from '../../../../src/domain/change.ts';
import { describeChanges, type ChangeFacts } from '../../../../src/evidence/beyond/changes.ts';
import { DAWN } from '../../../helpers/incident-world.ts';

const MINUTE = 60_000;
const facts: ChangeFacts = {
  ...{ labels: { service: 'checkout' }, environment: 'prod', places: ['shop-1.example.org'], startsAt: DAWN },
  from: DAWN - 120 * MINUTE,
};
const change = (more: Partial<Change> = {}): Change => ({
  ...{
    key: 'k',
    at: DAWN - 6 * MINUTE,
    kind: 'deployment',
    title: '',
    service: 'checkout',
    host: '',
    environment: 'prod',
  },
  ...{ version: '4.2.1', by: 'ada', url: '', state: 'done', ...more },
});
const describeAll = (...changes: readonly Change[]) => describeChanges(facts, changes, { id: 'c', now: DAWN });
const texts = (...changes: readonly Change[]) => (describeAll(...changes).facts ?? []).map(({ text }) => text);

it.each<[Partial<Change>, string]>([
  [{}, 'checkout 4.2.1 deployed (prod) 6 min before the alert, by ada'],
  [{ environment: '', title: 'Ship it' }, 'checkout 4.2.1 deployed 6 min before the alert, by ada: Ship it'],
  [{ state: 'failed', at: DAWN + 2 * MINUTE }, 'checkout 4.2.1 failed to deploy (prod) 2 min after the alert, by ada'],
  [
    { service: 'Checkout', kind: 'configuration', version: '', by: '' },
    'Checkout reconfigured (prod) 6 min before the alert',
  ],
  [
    { service: '', host: 'shop-1', kind: 'change', version: '' },
    'shop-1 changed (prod) 6 min before the alert, by ada',
  ],
  [
    { service: '', title: 'Kernel upgrade everywhere', version: '' },
    'Kernel upgrade everywhere (prod) 6 min before the alert, by ada',
  ],
])('%j is told as %s', (more, text) => {
  expect(texts(change(more))).toEqual([text]);
});

it.each<Partial<Change>>([
  { service: 'mail' },
  { environment: 'staging' },
  { service: '', host: 'shop-2' },
  { service: 'mail', host: 'shop-2' },
])('%j is none of its changes, and that there are none is said', (more) => {
  expect(describeAll(change(more))).toMatchObject({ state: 'complete', facts: [] });
  expect(describeAll(change(more)).reason).toBe(
    'No change to checkout, shop-1.example.org was told since 01:00 UTC; one to something else was.',
  );
});

it('its own service comes before its environment, then what is nearest before the alert; at most five', () => {
  const all = [
    change({ service: '', title: 'whole prod', at: DAWN - MINUTE }),
    change({ version: 'after', at: DAWN + MINUTE }),
    change({ version: 'old', at: DAWN - 50 * MINUTE }),
    change({ version: 'near', at: DAWN - 2 * MINUTE }),
  ];
  expect(texts(...all).map((text) => /near|after|old|whole/.exec(text)?.[0])).toEqual([
    'near',
    'after',
    'old',
    'whole',
  ]);
  expect(texts(...Array.from({ length: 9 }, () => change()))).toHaveLength(5);
});

it('where there are too many to look at, it says that it is a part', () => {
  expect(describeAll(...Array.from({ length: 500 }, () => change()))).toMatchObject({ state: 'partial' });
});
