import { readFileSync, statSync } from 'node:fs';
import { shippedModel } from '../../../src/category-model.ts';
import { compileClassifier } from '../../../src/classify/classifier.ts';
import { readFacts } from '../../../src/classify/facts.ts';
import { readFeatures } from '../../../src/classify/features.ts';
import { bounded, readModel, type ModelFile } from '../../../src/classify/model.ts';
import { weigh } from '../../../src/classify/verdict.ts';
import { scores, softmax, trainLogistic, type Example } from '../../../train/logistic.ts';
import { named, rule } from './helpers.ts';

const FILE = 'rules/category-model.json';
const byModel = compileClassifier([], { model: shippedModel });

describe('the shipped category model', () => {
  it('is small and holds numbers, no text of the alerts it was trained from', () => {
    expect(statSync(FILE).size).toBeLessThan(1_000_000);
    const { weights, rarity, marks, classes, what, ...numbers } = JSON.parse(readFileSync(FILE, 'utf8')) as ModelFile;
    expect([...Object.values(numbers)].flat().every((each) => typeof each === 'number')).toBe(true);
    expect(Buffer.from(weights, 'base64').length).toBe(classes.length * Buffer.from(rarity, 'base64').length);
    expect(what).toContain('npm run train');
    expect(Buffer.from(marks, 'base64').length).toBe(numbers.buckets);
  });

  it.each([
    ['HaproxyBackendDown', 'HAProxy backend has no server that is up', 'cloud-service-interruption'],
    ['PackageUpgradeBroken', 'dpkg failed to configure the package', 'software-installation-failure'],
    ['OspfNeighborLost', 'OSPF neighbor lost on the router interface', 'network-downtime'],
    ['VolumeAlmostFull', 'The volume is 92 percent full', 'other'],
  ])('knows %s without any rule, and quotes its words', (alertname, summary, category) => {
    const verdict = byModel.classify(named(alertname, { annotations: { summary } }), 0);
    expect(verdict).toMatchObject({ category, method: 'model' });
    expect(verdict.confidence).toBeLessThan(0.9);
    expect(verdict.reasons.join('\n')).toMatch(/Alerts with the words? “.+” are mostly of this kind/);
  });

  it('never outweighs a rule that is as good as said', () => {
    const certain = rule({ id: 'ours', any: [{ words: ['volume'] }], weight: 3, reason: 'Our volumes are links' });
    const verdict = compileClassifier([certain], { model: shippedModel }).classify(named('VolumeAlmostFull'));
    expect(verdict).toMatchObject({ category: 'network-downtime', method: 'rule' });
    expect(verdict.reasons[0]).toBe('Our volumes are links: its name says “volume” (rule ours)');
    expect(Math.min(...bounded([3, -100, 2]))).toBe(-2);
  });

  it('is never certain, and an alert that it cannot tell goes to a person with two guesses', () => {
    const sure = compileClassifier([rule({ any: [{ words: ['ospf'] }], weight: 90 })], { model: shippedModel });
    expect(sure.classify(named('OspfDown')).confidence).toBeLessThan(1);
    const verdict = byModel.classify(named('SomethingWentOdd', { annotations: { summary: 'look at it' } }), 0.8);
    expect(verdict.category).toBe('unclassified');
    expect(verdict.alternatives).toHaveLength(2);
    expect(verdict.reasons.join('\n')).toMatch(/^Undecided: .+ choose the category$/m);
  });

  it('marks what may be a breach where it files it elsewhere', () => {
    const elsewhere = rule({ category: 'other', any: [{ words: ['disk'] }], weight: 3, reason: 'A disk is full' });
    const classifier = compileClassifier([elsewhere], { model: shippedModel });
    const given = named('DiskTheft', { annotations: { summary: 'Suspicious process reads /etc/shadow, malware' } });
    const verdict = classifier.classify(given);
    expect(verdict.category).toBe('other');
    expect(verdict.reasons[0]).toMatch(/^Check for breach: alerts with “.+” are often about one$/);
  });

  it.each([
    ['Copia nocturna', 'La copia de la noche no terminó en el servidor de datos'],
    ['Drukarka', 'W drukarce na drugim piętrze zabrakło tonera'],
    ['夜間処理', '夜間処理が終わりませんでした'],
    ['Yazıcı', 'Yazıcıda toner bitti ve kâğıt sıkıştı'],
  ])('says little of a language that it does not know: no breach is called in %j', (alertname, summary) => {
    const { category, reasons } = byModel.classify(named(alertname, { annotations: { summary } }));
    expect(category).toBe('unclassified');
    expect(reasons.join('\n')).not.toMatch(/check for breach|“(de|la|na|no|w|en|el)”/i);
  });

  it('quotes no words that stand in every text', () => {
    const summary = 'It was to be in the house, or it had been so by the time that this is of 100 and 200';
    const { reasons } = byModel.classify(named('ItIsInTheHouse', { annotations: { summary } }), 0);
    expect(reasons.join('\n')).not.toMatch(/“(it|was|in|the|or|of|is|to|by|so|0 0)”/i);
  });

  it('decides nothing that it cannot give a word for, however sure it is, unless it always has to', () => {
    const mute = { scores: [-2, 0, -2, -2, -2], telling: () => [] };
    const { category, confidence, reasons, alternatives } = weigh([], 0.5, mute);
    expect({ category, best: alternatives[0]?.category }).toEqual({
      category: 'unclassified',
      best: 'cloud-service-interruption',
    });
    expect(confidence).toBeGreaterThan(0.6);
    expect(reasons[0]).toMatch(
      /^Undecided: .+ best guess at 65 %, and nothing can be named for it; choose the category$/,
    );
    expect(weigh([], 0, mute).category).toBe('cloud-service-interruption');
  });

  it('of another version is refused with the command that makes a new one', () => {
    const file = JSON.parse(readFileSync(FILE, 'utf8')) as ModelFile;
    expect(() => readModel({ ...file, buckets: 8 })).toThrow('npm run train');
    expect(() => readModel({ ...file, weights: '' })).toThrow('npm run train');
  });

  it.each([
    ['another script', named('磁盘空间不足', { annotations: { summary: '磁盘空间不足 90%' } })],
    ['100 kB of annotation', named('X', { annotations: { summary: 'disk '.repeat(20_000) } })],
    ['an empty annotation and no name', named('', { annotations: { summary: '' } })],
  ])('gives %s a verdict with a reason', (_what, given) => {
    expect(byModel.classify(given).reasons.length).toBeGreaterThan(0);
    expect(readFeatures(readFacts(given)).length).toBeLessThan(3_000);
  });
});

describe('training', () => {
  const sparse = (...values: number[]) => ({
    indices: Int32Array.from(values.keys()),
    values: Float64Array.from(values),
  });
  const examples: Example[] = [
    { x: sparse(1, 0), target: [1, 0], weight: 1 },
    { x: sparse(0, 1), target: [0, 1], weight: 1 },
    { x: sparse(0.9, 0.2), target: [1, 0], weight: 1 },
  ];
  const train = () => trainLogistic(examples, { classes: 2, features: 2, cost: 10 });

  it('gives the same weights every time', () => {
    expect([...train().weights]).toEqual([...train().weights]);
  });

  it('separates what can be separated', () => {
    expect(softmax(scores(train(), sparse(1, 0)))[0]).toBeGreaterThan(0.8);
    expect(softmax(scores(train(), sparse(0, 1)))[1]).toBeGreaterThan(0.8);
  });
});
