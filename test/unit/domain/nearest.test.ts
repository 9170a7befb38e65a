import * as fc from 'fast-check';
import { didYouMean, nearest } from '../../../src/domain/nearest.ts';

describe('a misspelt name is answered with the nearest one', () => {
  const KEYS = ['ack_timeout', 'notify', 'inform', 'level', 'requires_approval'];

  it.each([
    ['ack_timout', 'ack_timeout'],
    ['ackTimeout', 'ack_timeout'],
    ['ack-timeout', 'ack_timeout'],
    ['ACK_TIMEOUT', 'ack_timeout'],
    ['notfiy', 'notify'],
    ['levels', 'level'],
  ])('%s: did you mean %s?', (wrong, right) => {
    expect(nearest(wrong, KEYS)).toBe(right);
    expect(didYouMean(wrong, KEYS)).toBe(`did you mean \`${right}\`?`);
  });

  it.each(['x', 'schedule', '', 'l'])('nothing comes near %j', (wrong) => {
    expect(didYouMean(wrong, KEYS)).toBe('');
  });

  it('one slip in a word of four letters or more is always found', () => {
    const word = fc.stringMatching(/^[a-z]{4,12}$/);
    fc.assert(
      fc.property(word, fc.nat(), (text, at) => {
        const index = at % text.length;
        const slipped = `${text.slice(0, index)}0${text.slice(index + 1)}`;
        expect(nearest(slipped, ['0123456789012345', text])).toBe(text);
      }),
    );
  });

  it.each([
    ['Alertmanager', 'alertmanager'],
    ['grafan', 'grafana'],
    ['something-else', null],
    ['x'.repeat(10_000), null],
    ['', null],
  ])('for the source %s the name %s is offered', (written, expected) => {
    expect(nearest(written, ['grafana', 'alertmanager'])).toBe(expected);
  });
});
