import fc from 'fast-check';
import { wordNotice } from '../../../src/channels/messages/word-notice.ts';
import { firstMessage, plainMessage, replyMessage } from '../../../src/channels/slack/message.ts';
import { codeBlock, escapeTo, link } from '../../../src/channels/slack/mrkdwn.ts';
import { NOTICE_PURPOSES } from '../../../src/domain/job.ts';
import { problemsOfBlocks, problemsOfText } from '../../doubles/slack-blocks.ts';
import { readMessage } from '../../doubles/slack.ts';
import { sampleAlert, sampleEvidence, sampleIncident, sampleInput } from '../../helpers/sample-incident.ts';

const HOSTILE = '<!channel> <!here> <@U012> <https://evil.example|Open INC-42> ``` & > \u202e𝕏 {{ x }}';

function hostile(size: number) {
  const text = `${HOSTILE} `.repeat(size).slice(0, size * 60);
  const evidence = sampleEvidence({
    reason: text,
    scope: text,
    lines: Array.from({ length: 30 }, () => ({
      at: 0,
      level: text,
      service: text,
      text: `${text}\n${text}`,
      count: 1,
    })),
  });
  const annotations = { summary: text, description: text, message: text, runbook_url: `javascript:${text}` };
  const labels = { alertname: text, instance: text };
  const alert = sampleAlert({ labels, annotations });
  const incident = sampleIncident({
    title: text,
    labels,
    annotations,
    evidence: [evidence],
    team: text,
    service: text,
  });
  return { incident, alerts: [alert], why: text, recipient: text };
}

describe('a message for Slack', () => {
  it.each(NOTICE_PURPOSES.flatMap((purpose) => [0, 1, 3, 40, 400].map((size) => [purpose, size] as const)))(
    '%s: hostile text of every size (%d) is taken, rings nobody and leads nowhere',
    (purpose, size) => {
      const notice = wordNotice(sampleInput({ ...hostile(size), purpose, hint: '' } as never));
      for (const buttons of [true, false]) {
        for (const { blocks, text } of [firstMessage(notice, { buttons }), replyMessage(notice, { buttons })]) {
          expect(problemsOfBlocks(blocks)).toEqual([]);
          expect(Buffer.byteLength(JSON.stringify(blocks))).toBeLessThanOrEqual(12_000);
          expect(problemsOfText(text, 'text')).toEqual([]);
          const shown = readMessage({ blocks, text });
          expect(shown).not.toMatch(/<!|<@|<https:\/\/evil/);
          expect(shown.match(/```/g)?.length ?? 0).toBe(2 * codeSections(blocks));
        }
        expect(problemsOfText(plainMessage(notice, { buttons }), 'text')).toEqual([]);
        expect(plainMessage(notice, { buttons }).length).toBeLessThan(5000);
      }
    },
  );

  it('with more than fits says so', () => {
    const notice = wordNotice(sampleInput());
    const many = {
      ...notice,
      sections: Array.from({ length: 70 }, (_, n) => ({ title: `Part ${n}`, text: 'x', code: false })),
    };
    const { blocks } = firstMessage(many, { buttons: true });
    expect(blocks.length).toBeLessThanOrEqual(50);
    expect(JSON.stringify(blocks)).toContain('More is known than fits into a Slack message');
  });
});

function codeSections(blocks: readonly Readonly<Record<string, unknown>>[]): number {
  return blocks.filter((block) => JSON.stringify(block['text'] ?? '').includes('\\n```\\n')).length;
}

describe('text for Slack', () => {
  it('is never longer than asked for, never cut inside an entity, and reads as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), fc.integer({ min: 2, max: 90 }), (text, limit) => {
        const shown = escapeTo(text, limit);
        expect(shown.length).toBeLessThanOrEqual(limit);
        expect(problemsOfText(shown, '')).toEqual([]);
        const read = shown.replace(/…$/, '').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
        expect(text.startsWith(read) || shown === text.replace(/[&<>]/g, '')).toBe(true);
      }),
    );
  });

  it('in a code block ends nowhere but at its end, and says how many lines are missing', () => {
    const block = codeBlock(Array.from({ length: 100 }, (_, n) => `line ${n} \`\`\` <b>`).join('\n'), 500);
    expect(block.length).toBeLessThanOrEqual(500);
    expect(block.match(/```/g)).toHaveLength(2);
    expect(block).toMatch(/line 0 .*&lt;b&gt;\n[^]*\n… \d+ more lines\n```$/);
  });

  it.each([
    ['https://a.example/x?a=1&b=2', '<https://a.example/x?a=1&amp;b=2|a/b>'],
    ['https://a.example/x|y>z', '<https://a.example/x%7Cy%3Ez|a/b>'],
    ['javascript:alert(1)', ''],
    ['ftp://a.example/', ''],
    ['https://a.example/ b', ''],
    ['', ''],
  ])('the address %s becomes %s', (url, shown) => {
    expect(link('a|b', url)).toBe(shown);
  });
});
