import type { Channel, Notice } from '../../../src/channels/channel.ts';
import { webhookBody } from '../../../src/channels/webhook-body.ts';
import { discreetNotice } from '../../../src/channels/messages/discreet.ts';
import { firstMessage, plainMessage, replyMessage } from '../../../src/channels/slack/message.ts';
import { noticeHtml } from '../../../src/channels/layout/notice-html.ts';
import { noticeText } from '../../../src/channels/layout/notice-text.ts';
import type { Team } from '../../../src/config/schema.ts';
import { NOTICE_PURPOSES, type Job } from '../../../src/domain/job.ts';
import { compileConfidentiality, conceal } from '../../../src/incidents/confidential.ts';
import { incidentView } from '../../../src/incidents/incident-view.ts';
import { notify } from '../../../src/jobs/notify.ts';
import type { NotifyParts } from '../../../src/jobs/notify-parts.ts';
import { StormGate } from '../../../src/jobs/storm-gate.ts';
import { openBlobs } from '../../../src/store/blobs.ts';
import { pipelineMetrics } from '../../../src/telemetry/metrics.ts';
import { levelTwo, MINUTE, rulesOf } from '../../helpers/fake-rules.ts';
import { alertOf, evidenceOf, groupOf } from '../../helpers/incident-world.ts';
import { openTestStore, type TestStore } from '../../helpers/open-test-store.ts';
import { sampleAttempt, sampleEvidence, sampleIncident, sampleInput } from '../../helpers/sample-incident.ts';

const TEAMS: readonly Team[] = [
  { name: 'security', channels: ['sec-chat'], level3: ['sec-phone'], confidential: true },
  { name: 'shop', channels: ['shop-chat'], confidential: false },
];
const { holds, mayCarry } = compileConfidentiality(TEAMS);

/** Everything that must not leave the team: words of labels, logs, reasons, texts. */
const SECRETS = /Checkout|shop-1|connection|refused|cloud|service|ledger|PaymentError|kibana|prometheus|restart|prod/i;

describe('a confidential team', () => {
  it.each([
    ['security', 'sec-chat', true],
    ['security', 'sec-phone', true],
    ['security', 'shop-chat', false],
    ['shop', 'sec-chat', true],
    ['', 'shop-chat', true],
  ])('of %s, %s may carry details: %s', (team, channel, may) => {
    expect(mayCarry({ team }, channel)).toBe(may);
    expect(holds({ team })).toBe(team === 'security');
  });
});

describe('what others are sent of it', () => {
  const incident = sampleIncident({
    team: 'security',
    evidence: [sampleEvidence()],
    attempts: [sampleAttempt()],
    stepChannels: [],
  });
  const why = 'the policy sends data-security-breach to Level 3: connection refused';
  const word = (purpose: (typeof NOTICE_PURPOSES)[number]) =>
    discreetNotice(sampleInput({ purpose, incident, why, recipient: 'l3-mail', ackUrl: 'https://b.example/ack/x' }));

  it.each(NOTICE_PURPOSES)('names whose it is and nothing of what it is: %s', (purpose) => {
    const notice = word(purpose);
    const slack = { buttons: true, tail: [] } as never;
    const forms = [
      ...[JSON.stringify(notice), noticeText(notice, []), noticeHtml(notice, []), webhookBody(notice)],
      ...[firstMessage, replyMessage].map((layout) => JSON.stringify(layout(notice, slack))),
      plainMessage(notice, slack),
    ];
    for (const text of forms) {
      expect(text).toContain('INC-42');
      expect(text).toContain('security');
      expect(text).not.toMatch(SECRETS);
    }
    expect(notice.attachments).toEqual([]);
    expect(notice.links.at(-1)).toMatchObject({ title: 'Open INC-42', ours: true });
  });

  it('still asks for what is wanted', () => {
    expect(word('page')).toMatchObject({
      subject: '[INC-42] confidential',
      headline:
        'Level 2: INC-42 of team security is confidential. Please acknowledge it by 03:27 UTC (in 11 min); after that it escalates.',
      asks: true,
    });
    expect(word('inform').asks).toBe(false);
  });

  it('looks like an incident without content where the API gives it to viewers', () => {
    const view = incidentView(conceal(incident), { alerts: [], links: [], full: true });
    expect(view).toMatchObject({ id: 'INC-42', title: 'confidential', team: 'security', status: 'triggered' });
    expect(JSON.stringify(view)).not.toMatch(/Checkout|shop-1|refused|ledger|PaymentError|kibana|prometheus|restart/i);
  });
});

describe('the outbox, of an incident of a confidential team', () => {
  let house: TestStore;
  const sent: [string, Notice][] = [];
  beforeEach(async () => {
    sent.length = 0;
    const steps = [levelTwo({ notify: ['sec-chat', 'l2-slack'], inform: ['desk-mail'] })];
    house = await openTestStore(
      rulesOf({ steps, ownerOf: () => ({ team: 'security', why: 'test' }), channelsOf: (names) => names }),
    );
    await house.deliver(groupOf([alertOf('db-7')]));
  });
  afterEach(() => house.close());

  function parts(): NotifyParts {
    const channel = (name: string): Channel => ({
      ...{ name, kind: 'email' },
      async send(notice) {
        sent.push([name, notice]);
        return { ok: true, detail: 'sent' };
      },
      check: async () => ({ ok: true, detail: '' }),
      close: async () => {},
    });
    const names = ['sec-chat', 'l2-slack', 'desk-mail'];
    return {
      ...{ store: house.store, read: house.read, blobs: openBlobs(house.folder), links: null, random: () => 0.5 },
      ...{ channels: new Map(names.map((name) => [name, channel(name)])), mayCarry },
      readerOf: (_channel, recipient) => recipient,
      ...{ holds, rules: () => rulesOf() },
      storms: new StormGate(),
      metrics: pipelineMetrics({ sources: [], channels: names, stores: [], fixes: [], teams: [] }),
    };
  }

  async function sendAll(): Promise<void> {
    for (;;) {
      const [job] = await house.store.claim(['notify'], 1, MINUTE);
      if (job === undefined) return;
      await notify(parts(), job as Extract<Job, { kind: 'notify' }>, new AbortController().signal);
    }
  }

  it('tells the team everything, and everybody else that there is something', async () => {
    await sendAll();
    const told = Object.fromEntries(sent);
    expect(Object.keys(told).toSorted()).toEqual(['desk-mail', 'l2-slack', 'sec-chat']);
    expect(told['sec-chat']?.headline).toContain('db-7');
    expect(JSON.stringify([told['l2-slack'], told['desk-mail']])).not.toMatch(/db-7|ApiDown|cloud/);
    expect(told['l2-slack']?.headline).toMatch(/^Level 2: INC-1 of team security is confidential\. Please acknowledge/);
  });

  it('sends the logs to the team alone', async () => {
    await sendAll();
    sent.length = 0;
    const { uid } = await house.incident();
    await house.store.transact(async (unit) => {
      await unit.incident(uid);
      unit.run(uid, { type: 'evidence', evidence: evidenceOf(), logLines: [] });
    });
    await sendAll();
    expect(sent.map(([name, { purpose }]) => `${purpose} ${name}`)).toEqual(['evidence sec-chat']);
  });
});
