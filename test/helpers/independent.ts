import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { ReceivedRequest } from '../servers/http-sink.ts';

/** Checks made from the published descriptions alone, with nothing of the code under test. */

/** RFC 8785: members by the UTF-16 units of their names, no blanks; ECMAScript writes strings and numbers as it asks. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, item]) => `${JSON.stringify(name)}:${canonicalJson(item)}`).join(',')}}`;
}

export function sha256(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** Follows the chain of a timeline (contract, "A timeline entry"). @returns the last hash. @throws where it breaks */
export function followChain(lines: readonly string[]): string {
  let previous = '0'.repeat(64);
  for (const [index, line] of lines.entries()) {
    const { hash, ...rest } = JSON.parse(line) as { hash: string; seq: number } & Record<string, unknown>;
    const { incident, seq, at, actor, type, text, data } = rest;
    if (seq !== index + 1) throw new Error(`entry ${index + 1} is missing`);
    const right = sha256(previous, '\n', canonicalJson({ incident, seq, at, actor, type, text, data }));
    if (hash !== right) throw new Error(`entry ${seq} does not follow from the one before: ${line}`);
    previous = hash;
  }
  return previous;
}

/** As a receiver of Standard Webhooks checks one. @throws where it must not be trusted */
export function trustWebhook({ headers, text }: ReceivedRequest, secret: string): void {
  const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map((name) =>
    String(headers[`webhook-${name}`]),
  );
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > 300)
    throw new Error(`webhook-timestamp ${timestamp} is too old`);
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const right = createHmac('sha256', key).update(`${id}.${timestamp}.${text}`).digest();
  const given = (signatures ?? '').split(' ').filter((one) => one.startsWith('v1,'));
  const fits = given
    .map((one) => Buffer.from(one.slice(3), 'base64'))
    .some((one) => one.length === right.length && timingSafeEqual(one, right));
  if (!fits) throw new Error(`no signature fits: ${signatures}`);
}
