import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { load, MAIN, POLICY } from './files.ts';
import { renderProblem } from '../../../src/config/problem.ts';

const SHIPPED = readFileSync('rules/procedures.yaml', 'utf8');
const BASE = { 'etc/rules.yaml': POLICY, 'etc/shipped.yaml': SHIPPED };

/** The procedures in force where these files stand behind the shipped ones. */
async function proceduresWith(files: Record<string, string>) {
  const names = ['rules.yaml', 'shipped.yaml', ...Object.keys(files).map((name) => name.replace('etc/', ''))];
  const main = MAIN.replace('[rules.yaml]', `[${names.join(', ')}]`);
  const result = await load({ 'etc/main.yaml': main, ...BASE, ...files });
  if (!result.ok) return { problems: result.problems.map(renderProblem), of: () => [] };
  const { procedures } = result.config;
  const of = (category: string, level: string) =>
    procedures.filter((one) => one.category === category && one.level === level).flatMap(({ steps }) => steps);
  return { problems: [], of };
}

const OWN = `# Network downtime

What we do when the path is broken. Ask Ada before you touch the core.

## Background
- this list is for readers

## Level 2
<!-- a comment
- with a list -->
- [ ] Which **sites** are hit beside {{ labels.site }}?
1. Read the logs of the
   border routers ([logs]({{ evidence.logs.url }})) {#read-logs}

   \`\`\`sh
   - no step
   \`\`\`
* Call the provider: [portal](https://isp.example.org/case?host={{ labels.instance }})

## Level X
- Ask the maker
`;

describe('a procedure of one’s own', () => {
  it('in Markdown takes the place of the shipped one, level by level; all others stay', async () => {
    const { problems, of } = await proceduresWith({ 'etc/network.md': OWN });
    expect(problems).toEqual([]);
    expect(of('network-downtime', '2')).toEqual([
      { id: 'which-sites-are-hit-beside', text: 'Which sites are hit beside {{ labels.site }}?', link: '' },
      { id: 'read-logs', text: 'Read the logs of the border routers (logs)', link: '{{ evidence.logs.url }}' },
      {
        id: 'call-the-provider-portal',
        text: 'Call the provider: portal',
        link: 'https://isp.example.org/case?host={{ labels.instance }}',
      },
    ]);
    expect(of('network-downtime', 'x').map(({ text }) => text)).toEqual(['Ask the maker']);
    const { procedures } = parse(SHIPPED) as { procedures: { category: string; level: unknown; steps: unknown[] }[] };
    for (const { category, level, steps } of procedures)
      if (category !== 'network-downtime') expect(of(category, String(level))).toHaveLength(steps.length);
    expect(of('network-downtime', '3').length).toBeGreaterThan(1);
  });

  it('in YAML does the same, and the last file wins', async () => {
    const own = (text: string) => `procedures: [{ category: other, level: 2, steps: [{ id: a, text: ${text} }] }]\n`;
    const { of } = await proceduresWith({ 'etc/a.yaml': own('Look here'), 'etc/b.yaml': own('Look there') });
    expect(of('other', '2').map(({ text }) => text)).toEqual(['Look there']);
  });

  it('may be written in any language', async () => {
    const { problems, of } = await proceduresWith({ 'etc/a.md': '# Other\n## Level 2\n- ログを読む\n- 原因を探す\n' });
    expect(problems).toEqual([]);
    expect(of('other', '2').map(({ id }) => id)).toEqual(['level-2-step-1', 'level-2-step-2']);
  });

  it.each([
    [
      'of no category',
      '# Netwrok downtime\n## Level 2\n- Look\n',
      /^etc\/a.md:1:1: no such category, found `Netwrok downtime`, .*did you mean `Network downtime`/,
    ],
    ['of no level', '# Other\n\n## Level 4\n- Look\n', /^etc\/a.md:3:1: no such level, found `Level 4`/],
    ['that begins with a level', '## Level 2\n- Look\n', /^etc\/a.md:1:1: a level without a category/],
    ['without steps', '# Other\n\nLook closely.\n', /^etc\/a.md:1:1: the file holds no steps/],
    [
      'with two links in a step',
      '# Other\n## Level 2\n- See [a](x) and [b](y)\n',
      /^etc\/a.md:3:3: a step has one link/,
    ],
    [
      'with a blank that nothing fills',
      '# Other\n## Level 2\n- Look\n- See {{ incident.sevice }}\n',
      /^etc\/a.md:4:3: procedures\[0\].steps\[1\].text: nothing fills/,
    ],
    [
      'that says a step twice',
      '# Other\n## Level 2\n- Look\n## Level 3\n- Look\n',
      /^etc\/a.md:5:3: procedures\[1\].steps\[0\].id: this step stands here twice.*etc\/a.md:3:3/,
    ],
    [
      'with an id that is none',
      '# Other\n## Level 2\n- Look {#ä}\n',
      /^etc\/a.md:3:3: procedures\[0\].steps\[0\].id: wrong form/,
    ],
    [
      'with a step as long as a page',
      `# Other\n## Level 2\n- ${'Look '.repeat(200)}\n`,
      /^etc\/a.md:3:3: procedures\[0\].steps\[0\].text: too long/,
    ],
  ])('%s is an error with its place', async (_what, text, told) => {
    const { problems } = await proceduresWith({ 'etc/a.md': text });
    expect(problems[0]).toMatch(told);
  });
});
