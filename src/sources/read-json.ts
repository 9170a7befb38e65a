/** What reading gave: the value, or where it went wrong, in words. */
export type JsonResult =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string };

const BYTE_ORDER_MARK = 0xfeff;

/**
 * Reads a body as JSON, on both sides of the inbox in the same way: bytes that are not UTF-8 become U+FFFD, a byte
 * order mark is dropped. The problem names the place and never repeats the text, for that may hold secrets.
 */
export function readJson(body: Uint8Array): JsonResult {
  const buffer = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const text = buffer.toString('utf8');
  if (text.length === 0) return { ok: false, problem: 'the body is empty' };
  try {
    return { ok: true, value: JSON.parse(text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text) };
  } catch (error) {
    return { ok: false, problem: where((error as Error).message) };
  }
}

function where(message: string): string {
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position !== undefined) return `the body is not JSON: it goes wrong at character ${position}`;
  return /end of JSON/.test(message) ? 'the body is not JSON: it ends too early' : 'the body is not JSON';
}
