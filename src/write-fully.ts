import { writeSync } from 'node:fs';

/**
 * Writes all of a text to an open file before it returns. A pipe may be full (EAGAIN) while its reader is slow: then it
 * waits. @returns false where nobody reads any more (EPIPE), as under `| head`
 */
export function writeFully(fd: number, text: string): boolean {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length;) {
    try {
      written += writeSync(fd, bytes, written);
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === 'EPIPE') return false;
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
  return true;
}
