import { Account, wrap } from '../../../src/demo/account.ts';

function written(colours: boolean, write: (account: Account) => void, width = 80): string {
  let text = '';
  write(new Account({ width, colours, write: (more) => (text += more) }));
  return text;
}

describe("the demo's account", () => {
  it('says plainly which step did not come out as told, and counts it', () => {
    let account: Account | undefined;
    const text = written(false, (paper) => {
      account = paper;
      paper.step('told', true, 'ada, after 40 ms', 'ada heard nothing');
      paper.step('category', false, 'Network downtime', 'Other, wanted was network-downtime');
    });
    expect(text).toBe(
      '  ✓ told         ada, after 40 ms\n  ✗ category     NOT AS TOLD: Other, wanted was network-downtime\n',
    );
    expect([account?.steps, account?.failed]).toEqual([2, 1]);
  });

  it('keeps within its width, but never breaks what is meant to be copied', () => {
    const long = 'word '.repeat(60);
    const command = `npm run -s tierbell -- ${'x'.repeat(90)}`;
    const lines = written(false, (account) => {
      account.heading('1 of 3');
      account.say(long);
      account.step('evidence', true, long, '');
      account.quote(`${'y'.repeat(200)}\n${long}`);
      account.plain(command);
    }).split('\n');
    expect(lines.filter((line) => line.length > 80)).toEqual([`    ${command}`]);
  });

  it('writes no escape sequence where colours are off, whatever the alert holds', () => {
    const hostile = 'a\u001b[31mred\u0007';
    const write = (account: Account): void => {
      account.say(hostile);
      account.step('arrived', true, hostile, '');
      account.quote(hostile);
      account.plain(hostile);
    };
    expect(written(false, write)).not.toContain('\u001b');
    expect(written(true, write)).not.toContain('\u001b[31mred');
  });

  it('cuts a long quote and says so', () => {
    const quoted = written(false, (account) => account.quote('1\n2\n3\n4\n5', 3));
    expect(quoted.trimEnd().split('\n')).toHaveLength(3);
    expect(quoted).toContain('│ 3 …');
    const full = written(false, (account) => account.quote('y'.repeat(400), 2)).split('\n');
    expect(Math.max(...full.map((line) => line.length))).toBe(80);
  });
});

describe('wrap', () => {
  it('breaks at blanks, and a word that is too long wherever it must', () => {
    expect(wrap('aa bb cc', 5)).toEqual(['aa bb', 'cc']);
    expect(wrap('aaaaaaa b', 3)).toEqual(['aaa', 'aaa', 'a b']);
    expect(wrap('', 3)).toEqual(['']);
  });
});
