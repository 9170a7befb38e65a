import { allows } from '../domain/role.ts';
import { incidentId, type Incident } from '../domain/incident.ts';
import type { Confidentiality } from '../incidents/confidential.ts';
import type { TokenHolder } from '../store/access.ts';
import { HttpProblem } from './http-problem.ts';

/** Whether an incident is kept by its team. */
export type Confidential = Confidentiality['holds'];

/** Viewers see that there is a confidential incident; what it is about is for those who may act. Null: nobody has an account. */
export function mayReadDetails(reader: Pick<TokenHolder, 'role'> | null): boolean {
  return reader === null || allows(reader.role, 'responder');
}

/** @throws HttpProblem 403 */
export function requireDetails(
  incident: Incident,
  reader: Pick<TokenHolder, 'role'> | null,
  confidential: Confidential,
): void {
  if (!confidential(incident) || mayReadDetails(reader)) return;
  throw new HttpProblem({
    status: 403,
    title: 'Confidential',
    detail: `${incidentId(incident)} of team ${incident.team} is confidential: what it is about is for responders.`,
  });
}
