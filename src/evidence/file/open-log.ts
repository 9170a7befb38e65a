import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';

/** Of a longer line only the beginning is kept. */
const MAX_LINE_BYTES = 1_000_000;

/**
 * The bytes of a log file: plain, `.gz` or `.zst` by its first bytes, to the last member or frame. Throws what the system
 * throws where it cannot be read whole: missing, forbidden, cut short, damaged.
 */
export async function* openLog(source: string | AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const chunks = typeof source === 'string' ? createReadStream(source, { highWaterMark: 262_144 }) : source;
  const { head, all } = await peek(chunks);
  if (head.length >= 2 && head[0] === 0x1f && head[1] === 0x8b) yield* gunzip(all);
  else if (isZstd(head)) yield* unzstd(all);
  else yield* all;
}

/** RFC 8878: a frame, or a skippable one. */
function isZstd(head: Buffer): boolean {
  if (head.length < 4) return false;
  const magic = head.readUInt32LE(0);
  return magic === 0xfd2fb528 || (magic >= 0x184d2a50 && magic <= 0x184d2a5f);
}

async function peek(chunks: AsyncIterable<Uint8Array>): Promise<{ head: Buffer; all: AsyncGenerator<Buffer> }> {
  const reading = chunks[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  while (head.length < 4) {
    const next = await reading.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  const all = async function* (): AsyncGenerator<Buffer> {
    if (head.length > 0) yield head;
    for (;;) {
      const next = await reading.next();
      if (next.done === true) return;
      yield Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    }
  };
  return { head, all: all() };
}

/** Node reads all members by itself and refuses what is cut. */
async function* gunzip(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const { createGunzip } = await import('node:zlib');
  const { pipeline } = await import('node:stream/promises');
  const engine = createGunzip();
  const piped = pipeline(chunks, engine);
  piped.catch(() => undefined); // the reading below meets the same error
  yield* engine as AsyncIterable<Buffer>;
  await piped;
}

/** Node's engine stops after the first frame without a word: each frame gets an engine of its own. */
async function* unzstd(chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  for (;;) {
    if (waiting.length === 0) {
      const next = await chunks.next();
      if (next.done === true) return;
      waiting = [next.value];
    }
    const { createZstdDecompress } = await import('node:zlib');
    const engine = createZstdDecompress();
    const feeding = feed(engine, waiting, chunks);
    yield* engine as AsyncIterable<Buffer>;
    waiting = await feeding;
  }
}

/** Gives an engine chunks until its frame ends within one. @returns what it did not take */
async function feed(
  engine: Readable & NodeJS.WritableStream & { readonly bytesWritten: number },
  waiting: readonly Buffer[],
  chunks: AsyncGenerator<Buffer>,
): Promise<Buffer[]> {
  const closed = new Promise<void>(
    (resolve) => void engine.once('error', () => resolve()).once('close', () => resolve()),
  );
  const queue = [...waiting];
  for (let given = 0; !engine.destroyed;) {
    const chunk = queue.shift() ?? ((await chunks.next()).value as Buffer | undefined);
    if (chunk === undefined) break;
    given += chunk.length;
    await Promise.race([new Promise<void>((resolve) => void engine.write(chunk, () => resolve())), closed]);
    const left = given - engine.bytesWritten;
    if (left > 0) {
      queue.unshift(chunk.subarray(chunk.length - left));
      break;
    }
  }
  if (!engine.destroyed) engine.end();
  return queue;
}

/** The lines of these bytes, many at a time, without their line ends. Invalid UTF-8 becomes U+FFFD. */
export async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string[]> {
  let rest: Buffer[] = [];
  let kept = 0;
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(10);
    if (end < 0) {
      if (kept < MAX_LINE_BYTES) rest.push(chunk);
      kept += chunk.length;
      continue;
    }
    const whole = rest.length === 0 ? chunk.subarray(0, end) : Buffer.concat([...rest, chunk.subarray(0, end)]);
    yield whole.toString('utf8').split('\n').map(trimLine);
    rest = end + 1 < chunk.length ? [Buffer.from(chunk.subarray(end + 1))] : [];
    kept = chunk.length - end - 1;
  }
  if (kept > 0) yield [trimLine(Buffer.concat(rest).toString('utf8'))];
}

function trimLine(line: string): string {
  const cut = line.length > MAX_LINE_BYTES ? line.slice(0, MAX_LINE_BYTES) : line;
  return cut.endsWith('\r') ? cut.slice(0, -1) : cut;
}
