import { digestNotice, type DigestLine } from '../../../src/channels/messages/digest.ts';
import { noticeHtml } from '../../../src/channels/layout/notice-html.ts';
import { webhookBody } from '../../../src/channels/webhook-body.ts';
import { firstMessage } from '../../../src/channels/slack/message.ts';

function line(number: number, change: Partial<DigestLine> = {}): DigestLine {
  return {
    ...{ id: `INC-${number}`, uid: `uid-${number}`, title: `DiskFull: db-${number}`, status: 'triggered', level: '2' },
    ...{ priority: 'P2', category: 'other', open: true },
    ...change,
  };
}

const many = Array.from({ length: 80 }, (_none, index) => line(index + 1, index < 2 ? { priority: 'P1' } : {}));

function notice(lines: readonly DigestLine[]) {
  return digestNotice({ id: 'd', uid: 'u', lines, listUrl: 'https://bell.example.org/?status=triggered', at: 0 });
}

describe('one message for many incidents', () => {
  it('says how many wait, and names the first of them', () => {
    const { headline, subject, sections, links } = notice(many);
    expect(subject).toBe('[Tierbell] 80 incidents in one message: more came than anybody reads one by one');
    expect(headline).toBe(
      '80 incidents wait for somebody: 2 P1, 78 P2. Take the first of the list; each can be acknowledged by itself.',
    );
    expect(sections[0]?.text.split('\n')[0]).toBe('INC-1  P1  Level 2  DiskFull: db-1 (other)');
    expect(sections[0]?.text).toMatch(/… and 20 more$/);
    expect(links).toEqual([{ title: 'Open the list', url: 'https://bell.example.org/?status=triggered', ours: true }]);
  });

  it('keeps apart what only changed', () => {
    const { headline, sections } = notice([
      line(1),
      line(2, { status: 'resolved' }),
      line(3, { status: 'acknowledged' }),
    ]);
    expect(headline).toContain('1 incident waits for somebody. 2 others changed.');
    expect(sections.map(({ title }) => title)).toEqual(['They wait for somebody', 'These changed']);
  });

  it('does not say what a confidential one is about', () => {
    const secret = notice([line(1), line(2, { open: false, title: 'Keys stolen', category: 'data-security-breach' })]);
    expect(JSON.stringify(secret)).not.toMatch(/Keys stolen|breach/i);
    expect(secret.sections[0]?.text).toContain('INC-2  P2  Level 2  confidential');
  });

  it('every channel can lay it out, with hostile titles too', () => {
    const hostile = notice(many.map((one) => ({ ...one, title: '<script>alert(1)</script>\r\n<!channel> `x`' })));
    expect(noticeHtml(hostile, [])).not.toContain('<script>');
    expect(Buffer.byteLength(webhookBody(hostile))).toBeLessThan(20_000);
    const slack = JSON.stringify(firstMessage(hostile, { buttons: true }));
    expect(slack).not.toContain('<!channel>');
  });
});
