import type { Labels } from '../domain/alert.ts';

/** FNV-1a, 64 bit: offset basis and prime (2^40 + 0x1b3), each as two halves of 32 bits. */
const BASIS_HIGH = 0xcbf29ce4;
const BASIS_LOW = 0x84222325;
const PRIME_LOW = 0x1b3;
const SEPARATOR = 0xff;

/**
 * The fingerprint that Alertmanager gives a label set: FNV-1a (64 bit) over the names in byte order, each followed by
 * 0xff, its value and 0xff. Source: `labelSetToFingerprint` in prometheus/common, model/signature.go.
 * @returns 16 hex digits
 */
export function fingerprintOf(labels: Labels): string {
  let high = BASIS_HIGH;
  let low = BASIS_LOW;
  const add = (byte: number): void => {
    low = (low ^ byte) >>> 0;
    const product = low * PRIME_LOW;
    high = (Math.imul(high, PRIME_LOW) + Math.floor(product / 2 ** 32) + (low << 8)) >>> 0;
    low = product >>> 0;
  };
  for (const name of Object.keys(labels).sort(byBytes)) {
    Buffer.from(name).forEach(add);
    add(SEPARATOR);
    Buffer.from(labels[name] ?? '').forEach(add);
    add(SEPARATOR);
  }
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}

/** As Go compares strings: by their UTF-8 bytes. UTF-16 order differs from it beyond U+FFFF. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
