import { openBlobs, type Blobs } from '../../src/store/blobs.ts';
import { openPostgresBlobs } from '../../src/store/postgres-blobs.ts';
import { openPostgres } from '../../src/store/postgres.ts';
import { describeWith } from '../helpers/requires.ts';
import { temporaryFolder } from '../servers/cleanup.ts';
import { withPostgres } from '../servers/postgres.ts';

const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

function behaves(open: () => Promise<{ readonly blobs: Blobs; readonly close: () => Promise<void> }>): void {
  it('gives back large and small things byte for byte, under the SHA-256 that they have', async () => {
    const { blobs, close } = await open();
    expect(await blobs.put(Buffer.from('abc'))).toBe(ABC);
    expect(await blobs.put(Buffer.from('abc'))).toBe(ABC);
    for (const size of [0, 1, 1024 * 1024, 1024 * 1024 + 1, 3_500_000]) {
      const bytes = Buffer.alloc(size, 'odd \u0000 bytes');
      const whole = Buffer.from(await blobs.get(await blobs.put(bytes)));
      expect({ size, same: whole.equals(bytes) }).toEqual({ size, same: true });
    }
    // A part of a larger buffer is that part alone.
    expect(await blobs.put(Buffer.from('xabcx').subarray(1, 4))).toBe(ABC);
    await close();
  });

  it('the same thing put twice at once is one', async () => {
    const { blobs, close } = await open();
    const bytes = Buffer.alloc(2_500_000, 'x');
    const names = await Promise.all([1, 2, 3].map(() => blobs.put(bytes)));
    expect(new Set(names).size).toBe(1);
    expect(Buffer.from(await blobs.get(names[0] ?? '')).equals(bytes)).toBe(true);
    await close();
  });

  it('what is missing, or no name at all, is an error and not nothing', async () => {
    const { blobs, close } = await open();
    await expect(blobs.get(ABC)).rejects.toThrow();
    await expect(blobs.get('../secret')).rejects.toThrow('not a blob name');
    await close();
  });
}

describe('blobs as files', () => {
  behaves(async () => {
    const folder = temporaryFolder('blobs');
    return { blobs: openBlobs(folder.path), close: async () => folder.remove() };
  });
});

describeWith('postgres', 'blobs on PostgreSQL', () => {
  const server = withPostgres();
  behaves(async () => {
    const db = await openPostgres(await server().freshUrl());
    return { blobs: openPostgresBlobs(db), close: () => db.destroy() };
  });
});
