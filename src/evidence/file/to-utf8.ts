import { TextDecoder } from 'node:util';

/** So many bytes tell how a text is written. */
const HEAD = 512;
const LEAST = 4;

/** The same text as UTF-8: Windows writes UTF-16 wherever a shell redirects into a file. */
export async function* toUtf8(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  let decoder: TextDecoder | null | undefined;
  for await (const chunk of chunks) {
    head = decoder === undefined && head.length > 0 ? Buffer.concat([head, chunk]) : chunk;
    if (decoder === undefined && head.length < LEAST) continue;
    if (decoder === undefined) decoder = decoderOf(head);
    yield decoder === null ? head : Buffer.from(decoder.decode(head, { stream: true }));
  }
  if (decoder === undefined) yield head;
  const rest = decoder?.decode() ?? '';
  if (rest !== '') yield Buffer.from(rest);
}

function decoderOf(chunk: Buffer): TextDecoder | null {
  const encoding = encodingOf(chunk.subarray(0, HEAD));
  return encoding === 'utf-8' ? null : new TextDecoder(encoding);
}

/** By its byte order mark; without one by every second byte being zero, as no other text has them. */
function encodingOf(head: Buffer): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  const zeros = [0, 0];
  head.forEach((byte, index) => (zeros[index % 2] = (zeros[index % 2] ?? 0) + Number(byte === 0)));
  const [even = 0, odd = 0] = zeros.map((count) => count / Math.max(1, head.length / 2));
  if (odd > 0.5 && even < 0.05) return 'utf-16le';
  return even > 0.5 && odd < 0.05 ? 'utf-16be' : 'utf-8';
}
