import { allows, type Role } from '../domain/role.ts';
import { incidentId, type Incident } from '../domain/incident.ts';
import type { Confidentiality } from '../incidents/confidential.ts';
import { HttpProblem } from './http-problem.ts';

/** Whether an incident is kept by its team. */
export type Confidential = Confidentiality['holds'];

/** Who looks. Null, and a role that is null: nobody has an account, and everything is open to all. */
export type Reader = { readonly role: Role | null } | null;

/** Viewers see that there is a confidential incident; what it is about is for those who may act. */
export function mayReadDetails(reader: Reader): boolean {
  return reader === null || reader.role === null || allows(reader.role, 'responder');
}

/** @throws HttpProblem 403 */
export function requireDetails(incident: Incident, reader: Reader, confidential: Confidential): void {
  if (!confidential(incident) || mayReadDetails(reader)) return;
  throw new HttpProblem({
    status: 403,
    title: 'Confidential',
    detail: `${incidentId(incident)} of team ${incident.team} is confidential: what it is about is for responders.`,
  });
}
