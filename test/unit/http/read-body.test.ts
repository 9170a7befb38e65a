import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { readBody, type Budget } from '../../../src/http/read-body.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** A request whose chunks the test hands over. */
function exchange(headers: Record<string, string> = {}) {
  const request = Object.assign(new EventEmitter(), { headers, complete: false });
  const response = new EventEmitter();
  const read = (maxBytes: number, budget: Budget) =>
    readBody(request as unknown as IncomingMessage, response as unknown as ServerResponse, maxBytes, budget);
  return { request, response, read };
}

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

describe('a body', () => {
  it('comes whole, in whatever chunks it is sent', async () => {
    const text = 'eine längere Nachricht '.repeat(500);
    const bytes = Buffer.from(text);
    for (const size of [2, 7, 1000, bytes.length]) {
      const { request, response, read } = exchange();
      const budget = { used: 0, max: 100_000 };
      const body = read(50_000, budget);
      for (let at = 0; at < bytes.length; at += size) request.emit('data', bytes.subarray(at, at + size));
      request.emit('end');
      expect(await body).toMatchObject({ ok: true });
      expect(String(((await body) as { body: Buffer }).body)).toBe(text);
      expect(budget.used).toBeGreaterThanOrEqual(bytes.length);
      response.emit('close');
      expect(budget.used).toBe(0);
    }
  });

  it('in chunks of one byte takes no more memory than its bytes do', async () => {
    const { request, read } = exchange();
    const body = read(1_000_000, { used: 0, max: 10_000_000 });
    const before = heapBytes();
    for (let n = 0; n < 10_000; n += 1) request.emit('data', Buffer.alloc(1, 'x'));
    expect(heapBytes() - before).toBeLessThan(500_000);
    request.emit('end');
    expect(await body).toMatchObject({ ok: true });
  });

  it('in a hundred thousand chunks of a few bytes is refused before they are all read, in packets of a network it is not', async () => {
    const shreds = exchange();
    const refused = shreds.read(1_000_000, { used: 0, max: 10_000_000 });
    for (let n = 0; n < 100_000; n += 1) shreds.request.emit('data', Buffer.from('xyz'));
    expect(await refused).toMatchObject({ ok: false, why: 'shredded' });
    const packets = exchange();
    const taken = packets.read(20_000_000, { used: 0, max: 50_000_000 });
    for (let n = 0; n < 30_000; n += 1) packets.request.emit('data', Buffer.alloc(536));
    packets.request.emit('end');
    expect(await taken).toMatchObject({ ok: true });
  });

  it('is refused as soon as it is too large, or all of them together are; what came is kept', async () => {
    const large = exchange();
    const tooLarge = large.read(10, { used: 0, max: 100 });
    for (const part of ['12345', '67890', 'x']) large.request.emit('data', Buffer.from(part));
    expect(await tooLarge).toMatchObject({ ok: false, why: 'too_large', kept: Buffer.from('1234567890') });

    const late = exchange();
    const budget = { used: 95, max: 100 };
    const busy = late.read(10, budget);
    for (const part of ['123', '456']) late.request.emit('data', Buffer.from(part));
    expect(await busy).toMatchObject({ ok: false, why: 'busy', kept: Buffer.from('123') });
    late.response.emit('close');
    expect(budget.used).toBe(95);
  });
});
