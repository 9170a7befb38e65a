import type { Evidence } from '../../domain/incident.ts';
import type { PeerFinding } from '../peer/compare.ts';
import { pieceOf, type PieceFacts } from './piece.ts';

/**
 * The failing target beside healthy ones of its kind: what runs, and what each side writes. In part where only one of them
 * could be compared. Null where nothing was looked at. Pure.
 */
export function describePeer(findings: readonly (PeerFinding | null)[], piece: PieceFacts): Evidence | null {
  const all = findings.filter((finding) => finding !== null);
  if (all.length === 0) return null;
  const found = all.filter(({ state }) => state !== 'unavailable');
  const missing = all.filter(({ state }) => state === 'unavailable');
  const whole = found.length === all.length && found.every(({ state }) => state === 'complete');
  return pieceOf('healthy_peer', piece, {
    state: found.length === 0 ? 'unavailable' : whole ? 'complete' : 'partial',
    reason: [...found, ...missing].map(({ reason }) => reason).join(' '),
    store: all
      .map(({ store }) => store)
      .filter((store) => store !== '')
      .join(', '),
    facts: all.flatMap(({ facts }) => facts),
  });
}
