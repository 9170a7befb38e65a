import type { Actor } from '../domain/entry.ts';
import { SYSTEM } from '../domain/entry.ts';
import { isOpen } from '../domain/incident.ts';
import { cleanLine } from '../domain/text.ts';
import type { Draft } from './draft.ts';
import { queueHandover, tell } from './respond.ts';
import type { Rules } from './rules.ts';

/**
 * Which team owns the incident, by what is known of it now: at its beginning, and whenever its category changes. On
 * record with its reason where it changed; what a person decided stands.
 */
export function decideOwner(draft: Draft, rules: Rules): void {
  const { incident } = draft;
  if (incident.ownedBy === 'person') return;
  const owner = rules.ownerOf(incident);
  if (owner === null || (incident.ownedBy === 'rules' && owner.team === incident.team)) return;
  own(draft, rules, owner.team, 'rules', owner.why, SYSTEM);
}

/** A person gave it to a team. */
export function handToTeam(draft: Draft, rules: Rules, team: string, by: Actor): void {
  if (draft.incident.ownedBy === 'person' && draft.incident.team === team) return;
  own(draft, rules, team, 'person', `${by.name} assigned it`, by);
}

function own(draft: Draft, rules: Rules, team: string, by: 'rules' | 'person', why: string, actor: Actor): void {
  const { step, policy, stepChannels } = draft.incident;
  const notify = step < 0 ? [] : (rules.policy(policy).steps[step]?.notify ?? []);
  const channels = notify.length === 0 ? null : rules.channelsOf(notify, team);
  const text = `Team ${cleanLine(team, 63)} owns it: ${why}`;
  draft.add('owned', text, { team, by, why, channels }, actor);
  const fresh = (channels ?? []).filter((channel) => !stepChannels.includes(channel));
  if (fresh.length > 0 && isOpen(draft.incident) && rules.mode !== 'observe') tellOwner(draft, rules, fresh, text);
}

/** The new owner takes part in the step that has begun; the old one has heard of it and is told of its end. */
function tellOwner(draft: Draft, rules: Rules, channels: readonly string[], why: string): void {
  const { level } = draft.incident;
  if (level === '2' || level === '1') {
    tell(draft, rules, channels, 'page', why);
    return;
  }
  queueHandover(draft, { level, notify: channels, why }, 'handover-to-owner');
}
