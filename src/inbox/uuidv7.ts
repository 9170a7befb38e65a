import { randomFillSync } from 'node:crypto';

const RANDOM_BYTES = 10;
/** One call for random bytes serves some hundred ids. */
const pool = Buffer.alloc(RANDOM_BYTES * 400);
let used = pool.length;

/** A UUIDv7 (RFC 9562, 5.7): 48 bits of time, then random ones; ids of different milliseconds sort by time. @param ms epoch milliseconds */
export function uuidv7(ms: number): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const at = used;
  used += RANDOM_BYTES;
  pool[at] = 0x70 | ((pool[at] ?? 0) & 0x0f);
  pool[at + 2] = 0x80 | ((pool[at + 2] ?? 0) & 0x3f);
  const time = Math.trunc(ms).toString(16).padStart(12, '0');
  const random = pool.toString('hex', at, used);
  return `${time.slice(0, 8)}-${time.slice(8)}-${random.slice(0, 4)}-${random.slice(4, 8)}-${random.slice(8)}`;
}
