import request from 'supertest';
import { observeGroup } from '../../../src/jobs/observe.ts';
import { categorySection } from '../../../src/console/incident-judgement.ts';
import { startConsoleApp, type ConsoleApp } from '../../helpers/console-app.ts';
import { alertOf, groupOf } from '../../helpers/incident-world.ts';
import { sampleIncident } from '../../helpers/sample-incident.ts';

let house: ConsoleApp;

beforeAll(async () => {
  house = await startConsoleApp();
  const alerts = Array.from({ length: 12 }, (_, n) =>
    alertOf(`web-${n}`, {
      labels: { severity: 'warning' },
      annotations: { summary: 'A web server is down', description: `rack ${n}, since the update` },
    }),
  );
  await house.store.transact(async (unit) => {
    await observeGroup(unit, 'd1', groupOf(alerts), ['alertname']);
  });
});
afterAll(() => house.close());

const page = async (path: string): Promise<string> =>
  (await request(house.app).get(path).set('Cookie', 'tierbell_name=ada')).text;

it('the list says how many alerts one incident stands for: its title names the first alone', async () => {
  expect(await page('/')).toContain('<span>12 alerts firing</span>');
});

it('of many alerts the first ten stand open, the others are folded, so that the timeline is near', async () => {
  const text = await page('/incidents/INC-1');
  const fold = text.indexOf('<details id="alerts-folded">');
  expect(text).toContain('<summary>2 more alerts</summary>');
  expect(text.slice(0, fold).match(/class="alert"/g)).toHaveLength(10);
  expect(text.slice(fold).match(/class="alert"/g)).toHaveLength(2);
});

it('an alert shows its description beside its summary: often only that says which and how much', async () => {
  const text = await page('/incidents/INC-1');
  expect(text).toMatch(/<p class="text">A web server is down<\/p>\s*<p class="text">rack \d+, since the update<\/p>/);
});

it('at the last level nothing is left to escalate to: the list and the page say that the fallback is told', async () => {
  const agent = request.agent(house.app).set('Host', 'localhost');
  const csrf = /name="csrf" value="([^"]+)"/.exec((await agent.get('/')).text)?.[1] ?? '';
  expect(await page('/')).toMatch(/in .*: escalate unless acknowledged/s);
  const form = { csrf, by: 'ada', level: '3', reason: 'a question for the experts' };
  expect((await agent.post('/incidents/INC-1/escalate').type('form').send(form)).status).toBe(303);
  for (const path of ['/', '/incidents/INC-1']) {
    const text = await page(path);
    expect(text).toMatch(/in .*: tell the fallback unless acknowledged/s);
    expect(text).not.toContain(': escalate unless acknowledged');
  }
});

it('a category that is as good as excluded is not offered beside the one that was chosen', () => {
  const alternatives = [
    { category: 'other', confidence: 0.06 },
    { category: 'network-downtime', confidence: 0.003 },
  ] as const;
  const { classification, ...incident } = sampleIncident();
  const { text } = categorySection({ ...incident, classification: { ...classification, alternatives } });
  expect(text).toContain('Other (6 %)');
  expect(text).not.toContain('(0 %)');
});
