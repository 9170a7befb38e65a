import { z } from 'zod';
import { DURATION_PATTERN } from '../domain/duration.ts';

/** A schema, or a map of them by name. */
export type JsonMap = Readonly<Record<string, unknown>>;

/**
 * The JSON Schema (draft 7, which editors know) of a kind of file, made from the schema that the loader uses. It takes
 * whatever the loader takes; what only all files together can tell (names that must exist, expressions that must
 * compile) it leaves to `check-config`.
 */
export function jsonSchemaOf(schema: z.ZodType, title: string): JsonMap {
  const made = z.toJSONSchema(schema, {
    ...{ target: 'draft-7', io: 'input', unrepresentable: 'any' },
    // zod leaves out the default of what it transforms.
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema instanceof z.ZodDefault) jsonSchema.default = zodSchema.def.defaultValue;
    },
  });
  const { $schema = '', ...rest } = forEditors({ ...made });
  return { $schema, title, ...rest };
}

/** Keys of a JSON Schema whose values are schemas by name. */
const BY_NAME = new Set(['properties', 'patternProperties', 'definitions']);

/** What zod writes, in the words of the files: durations as text, `${VAR}` wherever text may stand, no noise. */
function forEditors(schema: JsonMap): JsonMap {
  const inside = Object.entries(schema)
    .filter(([key, value]) => !isNoise(key, value))
    .map(([key, value]): [string, unknown] => [key, inner(key, value)]);
  return orVariable(closedRecord(spokenDefault(Object.fromEntries(inside))));
}

function inner(key: string, value: unknown): unknown {
  if (key === 'default' || key === 'enum') return value;
  // Names of keys are never filled from variables.
  if (key === 'propertyNames') return value;
  if (Array.isArray(value)) return value.map((one: unknown) => inner('', one));
  if (!isMap(value)) return value;
  if (!BY_NAME.has(key)) return forEditors(value);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inner('', one)]));
}

/** Bounds and defaults that say nothing. */
function isNoise(key: string, value: unknown): boolean {
  if (key === 'propertyNames') return isMap(value) && Object.keys(value).length === 1;
  if (key === 'default') return isMap(value) && Object.keys(value).length === 0;
  return key === 'maximum' && value === Number.MAX_SAFE_INTEGER;
}

/** A map with these keys only. Editors read a key such as 2 as a number: it has to fit as a pattern. */
function closedRecord(schema: JsonMap): JsonMap {
  const { propertyNames: names, additionalProperties: value, ...rest } = schema;
  if (!isMap(names) || !Array.isArray(names['enum'])) return schema;
  const keys = names['enum'].map(String);
  const properties = Object.fromEntries(keys.map((key) => [key, value]));
  const numbers = keys.filter((key) => /^\d+$/.test(key));
  const asNumbers = numbers.length === 0 ? {} : { patternProperties: { [`^(${numbers.join('|')})$`]: value } };
  return { ...rest, properties, ...asNumbers, additionalProperties: false };
}

/** Defaults are what the loader makes of them: of a duration, milliseconds. */
function spokenDefault(schema: JsonMap): JsonMap {
  const given = schema['default'];
  if (schema['pattern'] !== DURATION_PATTERN || typeof given !== 'number') return schema;
  return { ...schema, default: writeDuration(given) };
}

/**
 * Variables are filled before anything is checked, so any text but the kind of a thing may be one. Of the bounds on its
 * length none is so narrow that a variable would not fit.
 */
function orVariable(schema: JsonMap): JsonMap {
  const limited = ['pattern', 'format', 'enum'].some((key) => schema[key] !== undefined);
  if (!limited || (schema['type'] !== 'string' && schema['enum'] === undefined)) return schema;
  const { description, default: standard, ...rest } = schema;
  return {
    ...(description === undefined ? {} : { description }),
    ...(standard === undefined ? {} : { default: standard }),
    anyOf: [rest, { type: 'string', pattern: '\\$\\{' }],
  };
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** `90s` rather than `1m30s`: the largest unit that fits evenly. */
function writeDuration(ms: number): string {
  const [unit, size] = UNITS.find(([, length]) => ms % length === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
}

function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
