import { incidentId } from '../domain/incident.ts';
import type { FixAnswer, FixRequest } from '../engine/messages.ts';
import { writeFrozen, writeReset } from '../store/fix-controls.ts';
import { decideAttempt } from './decide-attempt.ts';
import type { FixParts } from './plan-attempt.ts';
import { runByHand } from './run-by-hand.ts';

/** What people ask of the known fixes: decided and committed in one transaction; nothing outside is touched here. */
export async function controlFixes(parts: FixParts, request: FixRequest): Promise<FixAnswer> {
  const { by, reason } = request;
  return parts.store.transact(async (unit): Promise<FixAnswer> => {
    switch (request.action) {
      case 'freeze':
      case 'unfreeze':
        await writeFrozen(unit, request.action === 'freeze', by, reason);
        return { outcome: 'done' };
      case 'reset': {
        const { fix } = request;
        if (!parts.fixes.some((one) => one.fix.id === fix))
          return { outcome: 'not_found', detail: `No known fix is called ${fix}; tierbell fix list shows them.` };
        await writeReset(unit, fix, by, reason);
        return { outcome: 'done' };
      }
      case 'approve':
      case 'deny':
      case 'run': {
        const { number } = request;
        const row = await unit.tx.selectFrom('incidents').select('uid').where('number', '=', number).executeTakeFirst();
        const incident = row === undefined ? null : await unit.incident(row.uid);
        if (incident === null)
          return { outcome: 'not_found', detail: `There is no incident ${incidentId({ number })}.` };
        return request.action === 'run'
          ? runByHand(parts, unit, incident, request)
          : decideAttempt(parts, unit, incident, request);
      }
    }
  });
}
