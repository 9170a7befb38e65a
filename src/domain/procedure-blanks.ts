import { incidentId, type Incident } from './incident.ts';

/** `{{ incident.FIELD }}` in the steps of a procedure. */
export const INCIDENT_FIELDS: Readonly<Record<string, (incident: Incident) => string>> = {
  id: incidentId,
  title: ({ title }) => title,
  service: ({ service }) => service,
  team: ({ team }) => team,
  environment: ({ environment }) => environment,
  priority: ({ priority }) => priority,
  level: ({ level }) => level,
};

/** What steps may name besides `labels.X` and `annotations.X`. */
export const PROCEDURE_BLANKS: readonly string[] = [
  ...Object.keys(INCIDENT_FIELDS).map((field) => `incident.${field}`),
  'evidence.logs.url',
];
