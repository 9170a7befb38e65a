import fc from 'fast-check';
import { StormGate } from '../../../src/jobs/storm-gate.ts';

const SECOND = 1_000;
const MINUTE = 60_000;
const DAWN = 1_800_000_000_000;

/** What becomes of messages at these moments, in seconds, while so many wait; one put off comes again at its moment. */
function play(seconds: readonly number[], urgent: boolean, waiting: number): string[] {
  const gate = new StormGate();
  const queue = seconds.map((second) => DAWN + second * SECOND);
  const said: string[] = [];
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    const turn = gate.turn('l2', urgent, at, waiting);
    if (turn.go !== 'later') said.push(`${turn.go} ${(at - DAWN) / SECOND}`);
    else if (!queue.includes(turn.at)) queue.push(turn.at);
    queue.sort((a, b) => a - b);
  }
  return said;
}

const SIXTY = Array.from({ length: 60 }, () => 0);

function storm(): StormGate {
  const gate = new StormGate();
  for (let n = 0; n < 100; n++) gate.turn('l2', false, DAWN, 1000);
  return gate;
}

describe('a storm of messages', () => {
  it('with hundreds waiting, seven go one by one and the others together after a second', () => {
    expect(play(SIXTY, false, 1000)).toEqual([...Array.from({ length: 7 }, () => 'alone 0'), 'together 1']);
  });

  it('a burst of sixty is told one by one', () => {
    expect(play(SIXTY, false, 60)).toEqual(SIXTY.map(() => 'alone 0'));
  });

  it('P1s go one by one up to twenty a minute, however few wait', () => {
    expect(play(SIXTY, true, 0)).toEqual([...Array.from({ length: 20 }, () => 'alone 0'), 'together 1']);
  });

  it('a quiet channel is never put off', () => {
    const at = Array.from({ length: 100 }, (_none, index) => index * 9);
    expect(play(at, false, 1000)).toEqual(at.map((second) => `alone ${second}`));
  });

  it('a P1 does not wait behind what is not', () => {
    expect(storm().turn('l2', true, DAWN, 0)).toEqual({ go: 'alone' });
  });

  it('each channel has its own', () => {
    expect(storm().turn('l3', false, DAWN, 1000)).toEqual({ go: 'alone' });
  });

  it('it is over with a message for a few, or when nobody came for two minutes', () => {
    const gate = storm();
    expect(gate.turn('l2', false, DAWN + SECOND, 0)).toEqual({ go: 'together' });
    expect(gate.turn('l2', false, DAWN + 2 * SECOND, 0)).toMatchObject({ go: 'later' });
    gate.toldTogether('l2', false, DAWN + 2 * SECOND, { many: 20, full: false });
    expect(gate.turn('l2', false, DAWN + 2 * SECOND, 0)).toEqual({ go: 'alone' });
    expect(storm().turn('l2', false, DAWN + 5 * MINUTE, 0)).toEqual({ go: 'alone' });
  });

  it('where more waited than a message holds, the next follows a second later', () => {
    const gate = storm();
    const sent = DAWN + 30 * SECOND;
    expect(gate.turn('l2', false, sent, 0)).toEqual({ go: 'together' });
    gate.toldTogether('l2', false, sent, { many: 10_000, full: true });
    expect(gate.turn('l2', false, sent, 0)).toEqual({ go: 'later', at: sent + SECOND });
    expect(gate.turn('l2', false, sent + SECOND, 0)).toEqual({ go: 'together' });
  });

  it('what did not go out takes up no place', () => {
    const gate = new StormGate();
    for (let n = 0; n < 100; n++) {
      expect(gate.turn('l2', false, DAWN, 1000)).toEqual({ go: 'alone' });
      gate.giveBack('l2', false);
    }
  });

  it('a clock that was set back holds nothing up', () => {
    expect(storm().turn('l2', false, DAWN - 60 * MINUTE, 1000)).toEqual({ go: 'alone' });
  });

  it('in any storm of a minute there are at most ten messages, and none waits longer than a minute', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 8, maxLength: 300 }), (moments) => {
        const gate = new StormGate();
        const sent = moments
          .toSorted((a, b) => a - b)
          .map((ms) => ({ ms, turn: gate.turn('l2', false, DAWN + ms, 1000) }));
        expect(sent.filter(({ turn }) => turn.go !== 'later').length).toBeLessThanOrEqual(10);
        for (const { ms, turn } of sent)
          if (turn.go === 'later') expect(turn.at - DAWN - ms).toBeLessThanOrEqual(MINUTE);
      }),
    );
  });
});
