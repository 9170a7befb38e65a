import { z } from 'zod';
import type { Actor } from '../../domain/entry.ts';
import { LEVELS, type Level } from '../../domain/incident.ts';
import { cleanLine } from '../../domain/text.ts';
import { ACKNOWLEDGE_ACTION, APPROVE_ACTION, DENY_ACTION, TAKE_OVER_ACTION } from './message.ts';

/** The parts of Slack's `block_actions` that matter here; more may stand beside them. */
const blockActions = z.object({
  type: z.literal('block_actions'),
  user: z.object({
    id: z.string().regex(/^[UW][A-Z0-9]{2,30}$/),
    username: z.string().optional(),
    name: z.string().optional(),
  }),
  response_url: z.string().max(2000).optional(),
  actions: z.array(z.object({ action_id: z.string(), value: z.string().max(2000).optional() })).min(1),
});

/** A press of one of our buttons: to acknowledge, or to decide about a proposed fix. */
export type Press = AcknowledgePress | DecisionPress;

export interface AcknowledgePress extends AnyPress {
  readonly what: 'acknowledge';
  readonly takeover: boolean;
}

export interface DecisionPress extends AnyPress {
  readonly what: 'approve' | 'deny';
  /** What was shown: the attempt, and the hash of what would run. */
  readonly attempt: string;
  readonly hash: string;
}

interface AnyPress {
  /** The incident's uid, as the button bore it. */
  readonly uid: string;
  /** Whose turn it was when the button was shown; null where it does not say. */
  readonly level: Level | null;
  readonly user: { readonly id: string; readonly name: string };
  /** Where the one who pressed can be answered; not yet checked. */
  readonly responseUrl: string | null;
}

const MEANINGS: Readonly<Record<string, Press['what']>> = {
  [ACKNOWLEDGE_ACTION]: 'acknowledge',
  [TAKE_OVER_ACTION]: 'acknowledge',
  [APPROVE_ACTION]: 'approve',
  [DENY_ACTION]: 'deny',
};

/** The press in what Slack sent; null where it is something else: other actions, links, views. */
export function readPress(payload: unknown): Press | null {
  const parsed = blockActions.safeParse(payload);
  if (!parsed.success) return null;
  const { user, actions, response_url: responseUrl } = parsed.data;
  const pressed = actions.find(({ action_id: id }) => Object.hasOwn(MEANINGS, id));
  const what = pressed && MEANINGS[pressed.action_id];
  if (pressed?.value === undefined || what === undefined) return null;
  const [uid = '', turn, attempt = '', hash = ''] = pressed.value.split(' ');
  const any = {
    uid,
    level: LEVELS.find((level) => level === turn) ?? null,
    user: { id: user.id, name: cleanLine(user.username ?? user.name ?? '', 80) },
    responseUrl: responseUrl ?? null,
  };
  if (what === 'acknowledge') return { ...any, what, takeover: pressed.action_id === TAKE_OVER_ACTION };
  return /^[\w-]{1,64}$/.test(attempt) && /^[0-9a-f]{64}$/.test(hash) ? { ...any, what, attempt, hash } : null;
}

export interface KnownPerson {
  readonly name: string;
  readonly slack?: string | undefined;
}

/**
 * Who pressed: the person whose id it is, else the name in Slack. That name is of a member's own choosing, so where it is one
 * of ours, or there is none, the id stands beside it.
 */
export function actorOfPress(user: Press['user'], people: readonly KnownPerson[]): Actor {
  const person = people.find(({ slack }) => slack === user.id);
  if (person !== undefined) return { kind: 'person', name: person.name };
  const taken = user.name === '' || people.some(({ name }) => name.toLowerCase() === user.name.toLowerCase());
  return { kind: 'person', name: taken ? `${user.name} (Slack ${user.id})`.trim() : user.name };
}
