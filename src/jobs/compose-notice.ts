import type { Notice, ThreadRef } from '../channels/channel.ts';
import type { NoticeBundle, NoticeInput } from '../channels/messages/notice-input.ts';
import { discreetNotice } from '../channels/messages/discreet.ts';
import { rawNotice } from '../channels/messages/raw-notice.ts';
import { wordNotice } from '../channels/messages/word-notice.ts';
import type { Incident } from '../domain/incident.ts';
import type { JobPayloads } from '../domain/job.ts';
import { readSituation } from '../store/situations.ts';
import type { NotifyParts } from './notify-parts.ts';

/** A message tells the course in short; the whole record is in the bundle. */
const ENTRIES_TOLD = 60;

export interface Composition {
  readonly id: string;
  readonly incident: Incident;
  readonly channel: string;
  readonly payload: Pick<JobPayloads['notify'], 'recipient' | 'purpose' | 'level' | 'why'>;
  readonly bundle: NoticeBundle | null;
  readonly thread: ThreadRef | null;
  /** Epoch milliseconds; the same over retries. */
  readonly at: number;
}

type ComposeParts = Pick<NotifyParts, 'read' | 'links' | 'readerOf' | 'mayCarry' | 'holds' | 'rules'>;

/** Words a message from what stands in the store, with the addresses that belong to its reader. */
export async function composeNotice(
  { read, links, readerOf, mayCarry, holds, rules }: ComposeParts,
  { id, incident, channel, payload, bundle, thread, at }: Composition,
): Promise<Notice> {
  const { recipient, purpose, level, why } = payload;
  const reader = readerOf(channel, recipient);
  // One channel may serve two levels: then it is its turn again.
  const turn = incident.stepChannels.includes(channel) ? incident.level : level;
  const { services } = rules();
  const input: NoticeInput = {
    ...{ id, purpose, incident, level, why, bundle, thread, at, recipient: reader, turn },
    alerts: await read.alerts(incident.uid, 20),
    timeline: await read.recentTimeline(incident.uid, ENTRIES_TOLD),
    service: services.named(incident.service),
    situation: await readSituation({ read, services, holds }, incident),
    ackUrl: links?.ack(incident, reader, turn) ?? null,
    decideUrl: links?.decide(incident, reader, turn) ?? null,
    consoleUrl: links?.incident(incident) ?? null,
    bundleUrl: bundle === null ? null : (links?.bundle(incident, bundle.n) ?? null),
  };
  if (!mayCarry(incident, channel)) return discreetNotice(input);
  try {
    return wordNotice(input);
  } catch (error) {
    return rawNotice(input, String(error)); // a bug in the wording must not keep people from being told
  }
}
