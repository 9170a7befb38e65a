type Redact = (text: string) => string;

/**
 * A copy of plain data with every text redacted; where a name says that what stands under it is a secret, that whole. Never by
 * way of its JSON: what is taken out of that may be a quotation mark, and nothing could be read any more.
 * @param name under which the value stands
 */
export function redactValue(value: unknown, redact: Redact, name = ''): unknown {
  if (typeof value === 'string') return redactText(value, redact, name);
  if (typeof value === 'number') return namesSecret(name, redact) ? redactText(String(value), redact, name) : value;
  if (Array.isArray(value)) return value.map((item) => redactValue(item, redact, name));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [redact(key), redactValue(item, redact, key)]));
}

/** As long as a secret is, and of no shape of its own. */
const SAMPLE = 'x7q2m9k4';

function namesSecret(name: string, redact: Redact): boolean {
  return name !== '' && redact(`${name}=${SAMPLE}`) !== `${name}=${SAMPLE}`;
}

function redactText(text: string, redact: Redact, name: string): string {
  if (text === '' || !namesSecret(name, redact)) return redact(text);
  const [, mark = '[redacted]'] = redact(`${name}=${text.replaceAll(/\W/g, '_')}`).split('=', 2);
  return mark;
}
