import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openInboxReader } from '../../src/inbox/inbox-reader.ts';
import { openInbox } from '../../src/inbox/inbox.ts';

const WRITER = join(import.meta.dirname, '..', 'helpers', 'inbox-writer.ts');

/** Runs a writer on the file until it has acknowledged some, kills it with SIGKILL, and gives the acknowledged ids. */
async function writeAndKill(path: string, atLeast: number): Promise<string[]> {
  const writer = spawn(process.execPath, ['--no-warnings', WRITER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    writer.on('exit', () => reject(new Error('the writer ended by itself')));
    writer.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.split('\n').length > atLeast) resolve();
    });
  });
  writer.removeAllListeners('exit');
  writer.kill('SIGKILL');
  if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'exit');
  // The last line may have been cut by the kill: then nobody was told.
  return said
    .split('\n')
    .slice(0, -1)
    .map((line) => line.replace('stored ', ''));
}

it('after kill -9 every acknowledged delivery is there, and the inbox goes on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tierbell-kill-'));
  const path = join(folder, 'inbox.sqlite');
  const acknowledged: string[] = [];
  for (const atLeast of [1, 200, 1500]) acknowledged.push(...(await writeAndKill(path, atLeast)));
  const inbox = openInbox(path);
  const { id } = await inbox.append('am', Buffer.from('after'), Date.now());
  const reader = openInboxReader(path);
  const found = new Set(reader.after(0, 1e6, 1e9).map((delivery) => delivery.id));
  expect(acknowledged.length).toBeGreaterThan(1700);
  expect([...acknowledged, id].filter((one) => !found.has(one))).toEqual([]);
  reader.close();
  inbox.close();
  rmSync(folder, { recursive: true, force: true });
});
