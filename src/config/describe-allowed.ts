import { z } from 'zod';

/**
 * zod asks this for the message of each issue: here it is what is allowed, nothing else. Texts that a schema carries
 * itself (`{ error: 'a duration such as 30s' }`) outrank it and say what is allowed as well.
 */
export function describeAllowed(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return speakType(issue.expected);
    case 'invalid_value':
      return issue.values.map(String).join(', ');
    case 'unrecognized_keys':
      return keysOf(issue.inst).join(', ');
    case 'invalid_union':
      return Array.isArray(issue['options']) ? issue['options'].map(String).join(', ') : '';
    case 'too_small':
      return `at least ${speakCount(issue.minimum, issue.origin)}`;
    case 'too_big':
      return `at most ${speakCount(issue.maximum, issue.origin)}`;
    case 'invalid_format':
      return issue.format === 'starts_with' ? `text that begins with ${String(issue['prefix'])}` : issue.format;
    default:
      return '';
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

function speakType(expected: string): string {
  return TYPES[expected] ?? expected;
}

function speakCount(count: number | bigint, origin: string): string {
  if (origin === 'array') return `${count} ${Number(count) === 1 ? 'entry' : 'entries'}`;
  return origin === 'string' ? `${count} ${Number(count) === 1 ? 'character' : 'characters'}` : String(count);
}

function keysOf(schema: unknown): string[] {
  if (schema instanceof z.ZodObject) return Object.keys(schema.shape);
  if (schema instanceof z.ZodRecord && schema.keyType instanceof z.ZodEnum) return schema.keyType.options.map(String);
  return [];
}
