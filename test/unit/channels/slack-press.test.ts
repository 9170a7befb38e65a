import { actorOfPress, readPress } from '../../../src/channels/slack/interaction.ts';
import { answerPress, type PressParts } from '../../../src/channels/slack/answer-press.ts';
import { isResponseAddress } from '../../../src/channels/slack/response-url.ts';
import { isSignedBySlack } from '../../../src/channels/slack/signature.ts';
import { createTurns } from '../../../src/channels/slack/turns.ts';
import { isSlackAddress } from '../../../src/channels/slack/web-api.ts';
import type { Incident } from '../../../src/domain/incident.ts';
import { sampleIncident, UID } from '../../helpers/sample-incident.ts';

describe('the signature of Slack', () => {
  // The example of Slack's own documentation (verifying requests from Slack).
  const secret = '8f742231b10e8888abcd99yyyzzz85a5';
  const timestamp = '1531420618';
  const body = Buffer.from(
    'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
  );
  const signature = 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503';
  const atMs = Number(timestamp) * 1000;
  const right = { timestamp, signature, body };

  it('of its documentation is right, and stays so for five minutes either way', () => {
    expect(isSignedBySlack(secret, right, atMs)).toBe(true);
    expect(isSignedBySlack(secret, right, atMs + 300_000)).toBe(true);
    expect(isSignedBySlack(secret, right, atMs - 300_000)).toBe(true);
    expect(isSignedBySlack(secret, right, atMs + 301_000)).toBe(false);
    expect(isSignedBySlack(secret, right, atMs - 301_000)).toBe(false);
  });

  it.each([
    ['another secret', `${secret}x`, right],
    ['another body', secret, { ...right, body: Buffer.from('x') }],
    ['another time', secret, { ...right, timestamp: '1531420619' }],
    ['no time', secret, { ...right, timestamp: undefined }],
    ['a time that is none', secret, { ...right, timestamp: '1531420618.0' }],
    ['no signature', secret, { ...right, signature: undefined }],
    ['half a signature', secret, { ...right, signature: signature.slice(0, 40) }],
    ['another version', secret, { ...right, signature: signature.replace('v0', 'v1') }],
    ['capitals', secret, { ...right, signature: signature.toUpperCase().replace('V0', 'v0') }],
  ])('with %s is not trusted', (_what, key, request) => {
    expect(isSignedBySlack(key, request, atMs)).toBe(false);
  });
});

const press = (more: Record<string, unknown> = {}) => ({
  type: 'block_actions',
  user: { id: 'U012', username: 'ada.l', name: 'ada.l', team_id: 'T01' },
  response_url: 'https://hooks.slack.com/actions/T01/1/x',
  actions: [{ action_id: 'tierbell_acknowledge', value: UID, type: 'button', block_id: 'x' }],
  ...more,
});

describe('a press of a button', () => {
  it.each([
    ['nothing', null],
    ['a text', 'x'],
    ['another kind', press({ type: 'view_submission' })],
    ['a button of another app', press({ actions: [{ action_id: 'other', value: UID }] })],
    ['no button', press({ actions: [] })],
    ['no value', press({ actions: [{ action_id: 'tierbell_acknowledge' }] })],
    ['no user', press({ user: undefined })],
  ])('is not read from %s', (_what, payload) => {
    expect(readPress(payload)).toBeNull();
  });

  it.each([
    ['the person of this id', { id: 'U012', name: 'whatever' }, 'ada'],
    ['else the name in Slack', { id: 'U999', name: 'grace' }, 'grace'],
    ['never under the name of one of ours', { id: 'U999', name: 'Ada' }, 'Ada (Slack U999)'],
    ['the id where there is no name', { id: 'U999', name: '' }, '(Slack U999)'],
  ])('is on record as %s', (_what, user, name) => {
    expect(actorOfPress(user, [{ name: 'ada', slack: 'U012' }, { name: 'bob' }])).toEqual({ kind: 'person', name });
  });

  function parts(outcome: unknown, incident: Incident | null = sampleIncident()) {
    const asked: unknown[] = [];
    const said: unknown[] = [];
    const made: PressParts = {
      people: [{ name: 'ada', slack: 'U012' }],
      findIncident: async () => incident,
      acknowledge: async (request) => {
        asked.push(request);
        return outcome as never;
      },
      mayApprove: async (name) => name === 'ada',
      decide: async (request) => {
        asked.push(request);
        return outcome as never;
      },
      respond: async (url, message) => void said.push([url, message]),
      now: () => 1_000,
    };
    return { made, asked, said };
  }

  it('is the same command as everywhere, and says nothing more: the message itself shows it', async () => {
    const { made, asked, said } = parts({ outcome: 'done' });
    expect(await answerPress(made, press(), 'signature')).toBe(true);
    expect(asked).toMatchObject([
      { number: 42, command: { type: 'acknowledge', by: { kind: 'person', name: 'ada' }, takeover: false } },
    ]);
    expect(said).toEqual([]);
  });

  it.each([
    ['as the button says', `${UID} 2`, '2'],
    ['for whoever has it, from buttons of older versions', UID, null],
    ['for whoever has it, where it is no level', `${UID} 9`, null],
  ])('acknowledges %s', async (_what, value, level) => {
    const { made, asked } = parts({ outcome: 'done' });
    await answerPress(made, press({ actions: [{ action_id: 'tierbell_acknowledge', value }] }), 'signature');
    expect(asked).toMatchObject([{ number: 42, command: { level } }]);
  });

  it('where somebody else has it says so to the one who pressed alone, and offers to take over', async () => {
    const taken = sampleIncident({ status: 'acknowledged', acknowledgedBy: '<!channel>' });
    const { made, said } = parts({ outcome: 'refused', detail: 'x' }, taken);
    await answerPress(made, press(), 'signature');
    expect(said).toMatchObject([
      ['https://hooks.slack.com/actions/T01/1/x', { response_type: 'ephemeral', replace_original: false }],
    ]);
    expect(JSON.stringify(said)).toContain('Not done: &lt;!channel&gt; has INC-42 already');
    expect(JSON.stringify(said)).toContain('tierbell_take_over');
  });

  it('on what is over, or unknown here, says so', async () => {
    const over = parts(
      { outcome: 'refused', detail: 'INC-42: it is resolved' },
      sampleIncident({ status: 'resolved' }),
    );
    await answerPress(over.made, press(), 's');
    expect(over.said).toMatchObject([[expect.any(String), { text: 'Not done. INC-42: it is resolved.' }]]);
    const unknown = parts({ outcome: 'done' }, null);
    await answerPress(unknown.made, press(), 's');
    expect(unknown.asked).toEqual([]);
    expect(JSON.stringify(unknown.said)).toContain('not, or no longer, known');
  });

  describe('about a proposed fix', () => {
    const HASH = 'a'.repeat(64);
    const decision = (action = 'tierbell_approve_fix', value = `${UID} 2 at-1 ${HASH}`, user = 'U012') =>
      press({ user: { id: user, username: 'ada' }, actions: [{ action_id: action, value }] });

    it.each([
      ['tierbell_approve_fix', 'approve', 'Approved by you, ada'],
      ['tierbell_deny_fix', 'deny', 'Turned down by you, ada'],
    ])('%s is the request of everybody, for exactly what was shown', async (id, action, says) => {
      const { made, asked, said } = parts({ outcome: 'done' });
      expect(await answerPress(made, decision(id), 's')).toBe(true);
      expect(asked).toEqual([{ action, number: 42, attempt: 'at-1', hash: HASH, by: 'ada', reason: 'in Slack' }]);
      expect(JSON.stringify(said)).toContain(says);
    });

    it.each([
      [
        'a member who is nobody of the configuration, whatever the name',
        decision(undefined, undefined, 'U666'),
        {},
        'only people of the configuration',
      ],
      [
        'one of ours whose account may not approve',
        decision(),
        { mayApprove: async () => false },
        'tierbell token create ada --role approver',
      ],
      ['a level whose turn is over', decision(undefined, `${UID} 3 at-1 ${HASH}`), {}, 'is with Level 2 now'],
    ])('%s decides nothing and is told so alone', async (_who, payload, change, says) => {
      const { made, asked, said } = parts({ outcome: 'done' });
      await answerPress({ ...made, ...change }, payload, 's');
      expect(asked).toEqual([]);
      expect(said).toMatchObject([[expect.any(String), { response_type: 'ephemeral' }]]);
      expect(JSON.stringify(said)).toContain(says);
    });

    it('what cannot be done is told with the reason', async () => {
      const { made, said } = parts({ outcome: 'refused', detail: 'INC-42: it was denied (decided by bob).' });
      await answerPress(made, decision(), 's');
      expect(JSON.stringify(said)).toContain('Not done. INC-42: it was denied (decided by bob).');
    });

    it.each([
      ['no attempt', UID],
      ['no hash', `${UID} 2 at-1`],
      ['a hash that is none', `${UID} 2 at-1 xyz`],
    ])('with %s is none of ours', (_what, value) => {
      expect(readPress(decision('tierbell_approve_fix', value))).toBeNull();
    });
  });

  it('that comes twice is used up once', async () => {
    const { made, asked } = parts({ outcome: 'spent' });
    await answerPress(made, press(), 'one');
    await answerPress(made, press(), 'one');
    await answerPress(made, press(), 'two');
    const keys = asked.map((request) => (request as { spend: { key: string } }).spend.key);
    expect(keys[0]).toBe(keys[1]);
    expect(keys[2]).not.toBe(keys[0]);
  });
});

describe('addresses that come from outside', () => {
  const apis = ['http://127.0.0.1:8080/api/'];
  it.each([
    ['https://hooks.slack.com/actions/T/1/x', true],
    ['http://127.0.0.1:8080/response/1', true],
    ['http://hooks.slack.com/actions', false],
    ['https://hooks.slack.com.evil.example/', false],
    ['https://hooks.slack.com:8443/', false],
    ['http://127.0.0.1:8081/response/1', false],
    ['https://evil.example/?https://hooks.slack.com', false],
    ['file:///etc/passwd', false],
    ['', false],
  ])('%s may be answered to: %s', (url, may) => {
    expect(isResponseAddress(url, apis)).toBe(may);
  });

  it.each([
    ['wss://wss-primary.slack.com/link/?ticket=1', true],
    ['ws://127.0.0.1:8080/link', true],
    ['ws://wss-primary.slack.com/link', false],
    ['wss://slack.com.evil.example/', false],
    ['wss://evilslack.com/', false],
  ])('%s may be connected to: %s', (url, may) => {
    expect(isSlackAddress(url, 'wss:', 'http://127.0.0.1:8080/api/')).toBe(may);
  });
});

describe('turns', () => {
  it('come one a second in the order of asking, and a place is kept', () => {
    let now = 0;
    const turns = createTurns(1_000, () => now);
    expect([turns.inMs('a'), turns.inMs('b'), turns.inMs('c')]).toEqual([0, 1_000, 2_000]);
    now = 1_000;
    expect([turns.inMs('c'), turns.inMs('b'), turns.inMs('d')]).toEqual([1_000, 0, 2_000]);
    now = 10_000;
    expect([turns.inMs('c'), turns.inMs('d'), turns.inMs('e'), turns.inMs('f')]).toEqual([0, 0, 0, 1_000]);
  });

  it('all wait while the other side asks for patience', () => {
    let now = 0;
    const turns = createTurns(1_000, () => now);
    expect([turns.inMs('a'), turns.inMs('b')]).toEqual([0, 1_000]);
    turns.hold(30_000);
    expect([turns.inMs('b'), turns.inMs('c')]).toEqual([31_000, 32_000]);
    now = 32_000;
    expect([turns.inMs('b'), turns.inMs('c')]).toEqual([0, 0]);
  });

  it('several that are asked for the same patience do not add up, and nobody is heard who asks for a day', () => {
    let now = 0;
    const turns = createTurns(1_000, () => now);
    turns.hold(600_000);
    turns.hold(600_000);
    expect([turns.heldMs(), turns.inMs('a')]).toEqual([600_000, 600_000]);
    turns.hold(86_400_000);
    expect([turns.heldMs(), turns.inMs('a')]).toEqual([3_600_000, 3_600_000]);
    now = 3_600_000;
    expect([turns.heldMs(), turns.inMs('a')]).toEqual([0, 0]);
  });
});
