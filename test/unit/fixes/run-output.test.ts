import { PassThrough } from 'node:stream';
import { OUTPUT_BYTES, RunOutput } from '../../../src/fixes/run-output.ts';

async function outputOf(chunks: readonly (Buffer | string)[], redact?: (text: string) => string): Promise<string> {
  const output = new RunOutput();
  const stream = new PassThrough();
  output.capture(stream);
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await new Promise((resolve) => stream.once('end', resolve));
  return output.text(redact);
}

describe('the output of a run', () => {
  it('keeps what is short as it is', async () => {
    expect(await outputOf(['one\n', 'two\n'])).toBe('one\ntwo\n');
  });

  it('puts characters together that came in pieces', async () => {
    const bytes = Buffer.from('grün €😀');
    expect(await outputOf([...bytes].map((byte) => Buffer.from([byte])))).toBe('grün €😀');
  });

  it('loses colours, cursor movements, titles and control characters', async () => {
    expect(await outputOf(['\u001b[31mred\u001b[0m\u001b]0;title\u0007 a\0b\r\nc\u202ed'])).toBe('red a b\nc d');
  });

  it.each([
    ['short lines', 'x'.repeat(99)],
    ['wide characters', '€'.repeat(99)],
    ['characters that could not be read', '\ufffd'.repeat(99)],
  ])('is cut to 64 KiB of %s, keeping first and last', async (_what, line) => {
    const lines = Array.from({ length: 5_000 }, (_none, index) => `${index} ${line}\n`);
    const text = await outputOf(['first words\n', ...lines, 'last words\n']);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(OUTPUT_BYTES);
    expect(Buffer.byteLength(text)).toBeGreaterThan(OUTPUT_BYTES / 2);
    expect(text).toMatch(/^first words\n/);
    expect(text).toMatch(/last words\n$/);
    expect(text).toContain('output was cut here');
  });

  it('is cut where it is one endless line, and where it is just too long', async () => {
    for (const length of [OUTPUT_BYTES + 1, 90_000, 98_304, 1_000_000]) {
      const text = await outputOf(['x'.repeat(length)]);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(OUTPUT_BYTES);
      expect(text).toContain('output was cut here');
    }
    expect(await outputOf(['x'.repeat(OUTPUT_BYTES)])).toBe('x'.repeat(OUTPUT_BYTES));
  });

  it('never shows half of a secret at the cut', async () => {
    const line = `${'.'.repeat(37)}password=hunter2hunter2hunter2\n`;
    const redact = (text: string): string => text.replaceAll(/password=(hunter2){3}/g, '[hidden]');
    const text = await outputOf([line.repeat(3_000)], redact);
    expect(text).toContain('[hidden]');
    expect(text).not.toMatch(/hunter|password/);
  });
});
