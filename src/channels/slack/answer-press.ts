import { createHash } from 'node:crypto';
import { incidentId, type Incident, type Level } from '../../domain/incident.ts';
import { line, prose } from './mrkdwn.ts';
import { decidePress, type DecisionParts } from './decide-press.ts';
import { actorOfPress, readPress, type AcknowledgePress, type Press } from './interaction.ts';
import { LIMITS, TAKE_OVER_ACTION } from './message.ts';

/** What the rest of the house does for a press; the same commands as those of the API, the link and the command line. */
export interface PressParts extends DecisionParts {
  findIncident(uid: string): Promise<Incident | null>;
  acknowledge(request: {
    readonly number: number;
    readonly command: {
      readonly type: 'acknowledge';
      readonly by: ReturnType<typeof actorOfPress>;
      readonly takeover: boolean;
      readonly level: Level | null;
    };
    readonly spend: { readonly key: string; readonly until: number };
  }): Promise<
    { readonly outcome: 'done' | 'spent' | 'not_found' } | { readonly outcome: 'refused'; readonly detail: string }
  >;
  /** Says something to the one who pressed, at the address that came with the press. */
  respond(url: string, message: Readonly<Record<string, unknown>>): Promise<void>;
  readonly now: () => number;
}

/** How long a press is remembered, so that the same request has no second effect; Slack's signatures are good for 5 min. */
const REMEMBER_MS = 900_000;

/**
 * Does what a button asks for. Its effect shows in the message itself, which is brought up to date; only what could not be done
 * is said, to nobody but the one who pressed.
 * @param once what is the same in a repeated request: its signature, or the envelope's id
 * @returns false where it is none of our buttons
 */
export async function answerPress(parts: PressParts, payload: unknown, once: string): Promise<boolean> {
  const press = readPress(payload);
  if (press === null) return false;
  const incident = await parts.findIncident(press.uid);
  if (incident === null) {
    await say(parts, press, 'This incident is not, or no longer, known to the bridge that answers here.');
    return true;
  }
  if (press.what !== 'acknowledge') {
    await say(parts, press, await decidePress(parts, press, incident));
    return true;
  }
  const by = actorOfPress(press.user, parts.people);
  const spend = { key: `slack:${createHash('sha256').update(once).digest('hex')}`, until: parts.now() + REMEMBER_MS };
  const command = { type: 'acknowledge', by, takeover: press.takeover, level: press.level } as const;
  const result = await parts.acknowledge({ number: incident.number, command, spend });
  if (result.outcome === 'refused') await refuse(parts, press, by.name, result.detail);
  else if (press.takeover && result.outcome === 'done')
    await say(parts, press, `${incidentId(incident)} is yours now.`);
  return true;
}

/** Somebody else has it: says who, and offers to take it over, which goes on record. */
async function refuse(parts: PressParts, press: AcknowledgePress, actor: string, detail: string): Promise<void> {
  const incident = await parts.findIncident(press.uid);
  const taken = incident?.status === 'acknowledged' && incident.acknowledgedBy !== actor;
  if (incident === null || !taken) return say(parts, press, `Not done. ${detail}.`);
  const text = `Not done: ${line(incident.acknowledgedBy ?? 'somebody', 80)} has ${incidentId(incident)} already.`;
  const button = {
    type: 'button',
    action_id: TAKE_OVER_ACTION,
    text: { type: 'plain_text', text: `Take over ${incidentId(incident)}`.slice(0, LIMITS.button), emoji: false },
    value: incident.uid,
  };
  const blocks = [
    { type: 'section', text: { type: 'mrkdwn', text, verbatim: true } },
    { type: 'actions', elements: [button] },
  ];
  await send(parts, press, { response_type: 'ephemeral', replace_original: false, text, blocks });
}

/** An answer to the take-over stands where its question stood. */
function say(parts: PressParts, press: Press, text: string): Promise<void> {
  const place =
    press.what === 'acknowledge' && press.takeover
      ? { replace_original: true }
      : { response_type: 'ephemeral', replace_original: false };
  return send(parts, press, { ...place, text: prose(text, 1000) });
}

async function send(parts: PressParts, press: Press, message: Readonly<Record<string, unknown>>): Promise<void> {
  if (press.responseUrl !== null) await parts.respond(press.responseUrl, message);
}
