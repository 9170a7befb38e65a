import { z } from 'zod';
import type { Actor } from '../../domain/entry.ts';
import { LEVELS, type Level } from '../../domain/incident.ts';
import { cleanLine } from '../../domain/text.ts';
import { ACKNOWLEDGE_ACTION, TAKE_OVER_ACTION } from './message.ts';

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

/** A press of one of our buttons. */
export interface Press {
  /** The incident's uid, as the button bore it. */
  readonly uid: string;
  /** Whose turn it was when the button was shown; null where it does not say. */
  readonly level: Level | null;
  readonly takeover: boolean;
  readonly user: { readonly id: string; readonly name: string };
  /** Where the one who pressed can be answered; not yet checked. */
  readonly responseUrl: string | null;
}

/** The press in what Slack sent; null where it is something else: other actions, links, views. */
export function readPress(payload: unknown): Press | null {
  const parsed = blockActions.safeParse(payload);
  if (!parsed.success) return null;
  const { user, actions, response_url: responseUrl } = parsed.data;
  const pressed = actions.find(({ action_id: id }) => id === ACKNOWLEDGE_ACTION || id === TAKE_OVER_ACTION);
  if (pressed?.value === undefined) return null;
  const [uid = '', turn] = pressed.value.split(' ');
  return {
    uid,
    level: LEVELS.find((level) => level === turn) ?? null,
    takeover: pressed.action_id === TAKE_OVER_ACTION,
    user: { id: user.id, name: cleanLine(user.username ?? user.name ?? '', 80) },
    responseUrl: responseUrl ?? null,
  };
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
