import { labelSet, type Labels } from '../domain/alert.ts';

/** Label sets lie as JSON; `__proto__` is a name like any other. */
export function readLabels(json: string): Labels {
  return labelSet(Object.entries(JSON.parse(json) as Record<string, string>));
}
