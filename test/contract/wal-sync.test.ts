import { execFileSync } from 'node:child_process';
import { open, openSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { openInbox } from '../../src/inbox/inbox.ts';
import { temporaryFolder } from '../servers/cleanup.ts';

/** More than there are threads for files, names and compression in a process (`UV_THREADPOOL_SIZE`). */
const THREADS = 32;

/** Holds them all, as files on a server that is away do. @returns how to let them go */
function holdThreads(folder: string): () => Promise<void> {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const held = Array.from(
    { length: THREADS },
    () => new Promise<void>((done) => open(pipe, 'r', (_error, file) => (closeSync(file), done()))),
  );
  return async () => {
    const writer = openSync(pipe, 'r+'); // with it every opening comes to an end
    await Promise.all(held);
    closeSync(writer);
  };
}

it('deliveries are answered while everything else that waits for files hangs', async () => {
  const { path: folder } = temporaryFolder('inbox');
  const inbox = openInbox(join(folder, 'inbox.sqlite'), { ballastBytes: 1024 });
  await inbox.append('am', Buffer.from('{}'), 1);
  const letGo = holdThreads(folder);
  try {
    const late = new Promise((done) => setTimeout(() => done('not answered'), 60_000).unref());
    for (const at of [2, 3])
      expect(await Promise.race([inbox.append('am', Buffer.from('{}'), at), late])).toMatchObject({ seq: at });
  } finally {
    await letGo();
  }
  expect(await inbox.append('am', Buffer.from('{}'), 4)).toMatchObject({ seq: 4 });
  inbox.close();
});
