import type { Channel, Notice, SendResult } from '../../../src/channels/channel.ts';
import type { Job } from '../../../src/domain/job.ts';
import { failure } from '../../../src/domain/result.ts';
import { openBlobs } from '../../../src/store/blobs.ts';
import { pipelineMetrics } from '../../../src/telemetry/metrics.ts';
import { TRIES } from '../../../src/jobs/backoff.ts';
import { notify } from '../../../src/jobs/notify.ts';
import type { NotifyParts } from '../../../src/jobs/notify-parts.ts';
import { StormGate } from '../../../src/jobs/storm-gate.ts';
import { refresh } from '../../../src/jobs/refresh.ts';
import { levelTwo, MINUTE, rulesOf } from '../../helpers/fake-rules.ts';
import { alertOf, groupOf } from '../../helpers/incident-world.ts';
import { openTestStore, type TestStore } from '../../helpers/open-test-store.ts';

type NotifyJob = Extract<Job, { kind: 'notify' }>;
type RefreshJob = Extract<Job, { kind: 'refresh' }>;

const signal = new AbortController().signal;
const OPENED: SendResult = { ok: true, detail: 'posted', ref: { channel: 'C1', ts: '1.1' } };
const REPLIED: SendResult = { ok: true, detail: 'posted in the thread' };
const ADA = { kind: 'person', name: 'ada' } as const;

describe('a channel with threads', () => {
  let house: TestStore;
  let sent: Notice[];
  let updated: Notice[];
  let onSend: () => Promise<SendResult> | SendResult;
  let onUpdate: () => SendResult;
  let turnMs: number;
  beforeEach(async () => {
    house = await openTestStore(rulesOf({ steps: [levelTwo({ inform: [] })] }));
    await house.deliver(groupOf([alertOf('a')]));
    [sent, updated, turnMs] = [[], [], 0];
    onSend = () => (sent.length === 1 ? OPENED : REPLIED);
    onUpdate = () => REPLIED;
  });
  afterEach(() => house.close());

  function parts(): NotifyParts {
    const channel: Channel = {
      ...{ name: 'l2-slack', kind: 'slack', threaded: true },
      turnInMs: () => turnMs,
      async send(notice) {
        sent.push(notice);
        return onSend();
      },
      async update(notice) {
        updated.push(notice);
        return onUpdate();
      },
      check: async () => REPLIED,
      close: async () => {},
    };
    return {
      ...{ store: house.store, read: house.read, blobs: openBlobs(house.folder), links: null, random: () => 0.5 },
      channels: new Map([['l2-slack', channel]]),
      readerOf: (_channel, recipient) => recipient,
      ...{ holds: () => false, rules: () => rulesOf() },
      mayCarry: () => true,
      storms: new StormGate(),
      metrics: pipelineMetrics({ sources: [], channels: ['l2-slack'], stores: [], fixes: [], teams: [] }),
    };
  }

  async function claim<K extends 'notify' | 'refresh'>(kind: K, limit = 1): Promise<Extract<Job, { kind: K }>[]> {
    return (await house.store.claim([kind], limit, MINUTE)) as Extract<Job, { kind: K }>[];
  }

  async function send(): Promise<void> {
    const [job] = await claim('notify');
    if (job === undefined) throw new Error('nothing to send');
    await notify(parts(), job, signal);
  }

  async function acknowledge(by = ADA): Promise<void> {
    await act({ type: 'acknowledge', by, takeover: true });
  }

  async function act(command: Parameters<Parameters<Parameters<typeof house.store.transact>[0]>[0]['run']>[1]) {
    const { uid } = await house.incident();
    await house.store.transact(async (unit) => {
      await unit.incident(uid);
      unit.run(uid, command);
    });
  }

  /** Another message for the same channel. */
  async function queueEvidence(): Promise<void> {
    const { uid, level } = await house.incident();
    const payload = {
      channel: 'l2-slack',
      recipient: 'level2',
      level,
      why: '',
      bundle: null,
      purpose: 'evidence',
    } as const;
    await house.store.transact(async (unit) =>
      unit.queue(uid, { kind: 'notify', key: `${uid}:x:evidence:l2-slack`, dueAt: unit.now, payload }),
    );
  }

  async function jobs(kind: string): Promise<string[]> {
    const rows = await house.store.db.selectFrom('jobs').selectAll().where('kind', '=', kind).orderBy('id').execute();
    return rows.map(({ state, due_at, attempts }) => `${state} in ${due_at - house.time.now} after ${attempts}`);
  }

  it('keeps where its first message lies, and gives it to every later one, also after kill -9', async () => {
    await send();
    await house.reopen();
    await queueEvidence();
    await send();
    expect(sent.map(({ purpose, thread }) => [purpose, thread])).toEqual([
      ['page', null],
      ['evidence', { channel: 'C1', ts: '1.1' }],
    ]);
  });

  it('opens one thread: a second message waits while the first is on its way, without that being a try', async () => {
    await queueEvidence();
    const [page, evidence] = await claim('notify', 2);
    await notify(parts(), evidence as NotifyJob, signal);
    expect(sent).toEqual([]);
    expect(await jobs('notify')).toEqual(['leased in 0 after 1', 'due in 200 after 0']);
    await notify(parts(), page as NotifyJob, signal);
    house.pass(200);
    await send();
    expect(sent.map(({ purpose, thread }) => [purpose, thread?.['ts']])).toEqual([
      ['page', undefined],
      ['evidence', '1.1'],
    ]);
  });

  it('but waits for no message that is put off: whichever arrives first opens the thread', async () => {
    onSend = () => failure('server_error', '503');
    await send();
    await queueEvidence();
    onSend = () => OPENED;
    await send();
    expect(sent.at(-1)).toMatchObject({ purpose: 'evidence', thread: null });
  });

  it('that must wait for its turn is put off, which is no try', async () => {
    turnMs = 700;
    await send();
    expect([sent.length, await jobs('notify')]).toEqual([0, ['due in 700 after 0']]);
  });

  describe('whose first message is out', () => {
    beforeEach(async () => {
      await send();
    });

    async function bringUpToDate(): Promise<void> {
      const [job] = await claim('refresh');
      if (job === undefined) throw new Error('nothing to bring up to date');
      await refresh(parts(), job, signal);
    }

    it('shows in place what changed, once, worded as at first', async () => {
      await acknowledge();
      await bringUpToDate();
      expect(updated).toMatchObject([
        {
          purpose: 'page',
          thread: { ts: '1.1' },
          asks: false,
          state: { status: 'acknowledged', acknowledgedBy: 'ada' },
        },
      ]);
      expect(await jobs('refresh')).toEqual([]);
      expect((await house.incident()).told).toHaveLength(1); // nobody was told anything new
    });

    it('leaves alone what shows nothing new', async () => {
      await act({ type: 'note', by: ADA, note: 'looking' });
      expect(await jobs('refresh')).toEqual([]);
    });

    it('shows the newest state where it changes again meanwhile', async () => {
      await acknowledge();
      const [job] = await claim('refresh');
      await acknowledge({ ...ADA, name: 'grace' } as never);
      await refresh(parts(), job as RefreshJob, signal); // its lease is gone: the newer job stands
      await bringUpToDate();
      expect(updated.at(-1)).toMatchObject({ state: { acknowledgedBy: 'grace' } });
      expect(await jobs('refresh')).toEqual([]);
    });

    it('tries again what failed for now, and keeps as a dead letter what failed for good', async () => {
      await acknowledge();
      onUpdate = () => failure('rate_limited', '429', { retryAfterMs: 9_000 });
      await bringUpToDate();
      expect(await jobs('refresh')).toEqual(['due in 9000 after 1']);
      house.pass(9_000);
      onUpdate = () => failure('rejected', 'cant_update_message');
      await bringUpToDate();
      expect(await jobs('refresh')).toEqual(['dead in 0 after 2']);
      for (let tries = 0; tries < TRIES; tries += 1) {
        onUpdate = () => failure('server_error', '503');
        if (tries === 0) await act({ type: 'unacknowledge', by: ADA, reason: '' });
        await bringUpToDate();
        house.pass(10 * MINUTE);
      }
      expect((await jobs('refresh')).filter((one) => one.startsWith('dead'))).toHaveLength(2);
    });

    it('has nothing to do where somebody deleted the message, or the channel is gone', async () => {
      await acknowledge();
      onUpdate = () => failure('not_found', 'the message is gone');
      await bringUpToDate();
      expect(await jobs('refresh')).toEqual([]);
      await act({ type: 'unacknowledge', by: ADA, reason: '' });
      const [job] = await claim('refresh');
      await refresh({ ...parts(), channels: new Map() }, job as RefreshJob, signal);
      expect(await jobs('refresh')).toEqual([]);
    });
  });

  it('is brought up to date where the incident changed while its first message was on its way', async () => {
    onSend = async () => {
      await acknowledge();
      return OPENED;
    };
    await send();
    expect(sent).toMatchObject([{ asks: true }]);
    expect(await jobs('refresh')).toEqual(['due in 0 after 0']);
  });
});
