import { label } from '../domain/alert.ts';
import { cleanLine } from '../domain/text.ts';
import type { AlertFacts, CompiledParameter, FixFacts } from './fix.ts';

/** Where a value may come from: an alert, and the incident that it belongs to. */
export type Origin = AlertFacts & Pick<FixFacts, 'incident'>;

const PLACES = ['labels', 'annotations', 'incident'] as const;

/** The value that `labels.X`, `annotations.X` or `incident.X` names; undefined where it is absent or empty. */
export function readPath(origin: Origin, path: string): string | undefined {
  const place = PLACES.find((candidate) => path.startsWith(`${candidate}.`));
  if (place === undefined) return undefined;
  const value = label(origin[place], path.slice(place.length + 1));
  return value === '' ? undefined : value;
}

/**
 * Fills every parameter through its pattern.
 * @returns the values, and a sentence for each that cannot be filled (then nothing may run)
 */
export function fillParameters(
  parameters: readonly CompiledParameter[],
  origin: Origin,
): { values: ReadonlyMap<string, string>; reasons: string[] } {
  const values = new Map<string, string>();
  const reasons: string[] = [];
  for (const parameter of parameters) {
    const taken = takeValue(parameter, readPath(origin, parameter.from));
    if (taken.ok) values.set(parameter.name, taken.value);
    else reasons.push(`parameter ${parameter.name}: ${taken.reason}`);
  }
  return { values, reasons };
}

type Taken = { ok: true; value: string } | { ok: false; reason: string };

function takeValue({ from, pattern, hasValueGroup }: CompiledParameter, raw: string | undefined): Taken {
  if (raw === undefined) return refused(`${from} is missing or empty; the alert must carry it`);
  const matcher = pattern.matcher(raw);
  if (!matcher.matches())
    return refused(`${from} is ${quote(raw)}, which the pattern ${pattern.pattern()} does not allow`);
  const value = hasValueGroup ? matcher.group('value') : raw;
  if (value === null || value === '')
    return refused(`${from} is ${quote(raw)}, where the group "value" of ${pattern.pattern()} is empty`);
  if (UNSEEN.test(value) || !value.isWellFormed())
    return refused(`${from} is ${quote(raw)}, which holds line breaks, control or invisible characters`);
  return { ok: true, value };
}

/** What a person who approves could not see: controls, format characters, line and paragraph separators. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

function refused(reason: string): Taken {
  return { ok: false, reason };
}

function quote(raw: string): string {
  return JSON.stringify(cleanLine(raw, 80));
}
