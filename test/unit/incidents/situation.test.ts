import * as fc from 'fast-check';
import { compileServices } from '../../../src/incidents/services.ts';
import {
  findSituations,
  SITUATION_MS,
  situationView,
  speakSituation,
  type OpenIncident,
} from '../../../src/incidents/situation.ts';
import { MINUTE } from '../../helpers/fake-rules.ts';
import { DAWN } from '../../helpers/incident-world.ts';

/** web → checkout → psp → network; search → db; mail stands alone. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  ...{ web: ['checkout', 'search'], checkout: ['psp'], psp: ['network'], search: ['db'] },
  ...{ network: [], db: [], mail: [] },
};
const services = compileServices(
  Object.entries(NEEDS).map(([name, needs]) => ({
    ...{ name, depends_on: [...needs], matchers: [], skills: [], contacts: [] },
  })),
);

/** `psp+3` is an incident on psp that began three minutes after the first; they are numbered as they stand. */
function openOf(text: string): OpenIncident[] {
  return text.split(' ').map((one, index) => {
    const [service = '', after = '0'] = one.split('+');
    return { number: index + 1, service, team: '', startsAt: DAWN + Number(after) * MINUTE };
  });
}

/** `1,2,3<-2`: the incidents of each situation, and its origin. */
function told(text: string): string {
  const found = new Set(findSituations(openOf(text), services).values());
  return [...found]
    .map(({ origin, incidents }) => `${incidents.map(({ number }) => number).join(',')}<-${origin.number}`)
    .join(' ');
}

describe('a situation', () => {
  it.each([
    ['two services of which one needs the other', 'checkout psp+1', '1,2<-2'],
    ['also where only the one between them is quiet', 'web+2 psp', '1,2<-2'],
    ['the deepest, not the earliest', 'web checkout+4 psp+6', '1,2,3<-3'],
    ['of the same service the earliest', 'checkout psp+5 psp+3', '1,2,3<-3'],
    ['of several that need none, the one that most of them need', 'web db checkout+1 psp+2', '1,2,3,4<-4'],
    ['of equals the earliest', 'web+2 db+1 psp', '1,2,3<-3'],
    ['in a chain of beginnings, each near the next', 'web+20 checkout+10 psp', '1,2,3<-3'],
    ['two of them apart from one another', 'checkout psp search db', '1,2<-2 3,4<-4'],
    ['none, where they began more than 15 minutes apart', 'checkout psp+16', ''],
    ['one, at exactly 15 minutes', 'checkout psp+15', '1,2<-2'],
    ['none, of one service alone', 'psp psp+1', ''],
    ['none, where neither needs the other, though a third needs both', 'checkout search', ''],
    ['none, of services that are not in the catalogue', 'stranger psp constructor', ''],
  ])('is %s: %s', (_what, open, situations) => {
    expect(told(open)).toBe(situations);
  });

  it('reads as one line on each of them', () => {
    const found = findSituations(openOf('checkout mail psp+1 web+2'), services);
    const of = (number: number): string | undefined => {
      const situation = found.get(number);
      return situation === undefined ? undefined : speakSituation(situation, number);
    };
    expect(of(1)).toBe('part of a situation with INC-3, INC-4; likeliest origin: psp (INC-3)');
    expect(of(3)).toBe('part of a situation with INC-1, INC-4; likeliest origin: psp (this one)');
    expect(of(2)).toBeUndefined();
    expect(situationView(found.get(4) ?? null)).toEqual({ origin: 'INC-3', incidents: ['INC-1', 'INC-3', 'INC-4'] });
    expect(situationView(null)).toBeNull();
  });

  it('is the same however the incidents are given, holds each at most once, and its origin needs none of the others', () => {
    const one = fc.record({
      service: fc.constantFrom(...Object.keys(NEEDS)),
      startsAt: fc.integer({ min: 0, max: 3 * SITUATION_MS }),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 30 }), fc.infiniteStream(fc.nat()), (list, random) => {
        const open = list.map((each, index) => ({ ...each, number: index + 1, team: '' }));
        const shuffled = open
          .map((each) => [random.next().value ?? 0, each] as const)
          .toSorted(([a], [b]) => a - b)
          .map(([, each]) => each);
        const found = findSituations(open, services);
        const again = findSituations(shuffled, services);
        for (const [number, { origin, incidents }] of found) {
          expect(again.get(number)).toEqual({ origin, incidents });
          expect(incidents.map((each) => each.number)).toContain(number);
          expect(incidents.some(({ service }) => services.needs(origin.service, service))).toBe(false);
        }
        expect(again.size).toBe(found.size);
      }),
    );
  });
});
