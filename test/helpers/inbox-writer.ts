/** A process of its own that appends to an inbox as fast as it can and prints each id once it was acknowledged. */
import { openInbox } from '../../src/inbox/inbox.ts';

const [path = '', bodyBytes = '2000', pauseMs = '0'] = process.argv.slice(2);
const inbox = openInbox(path);
const body = Buffer.alloc(Number(bodyBytes), 'x');

function report(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function one(): Promise<void> {
  for (;;) {
    try {
      report(`stored ${(await inbox.append('am', body, Date.now())).id}`);
    } catch (error) {
      const health = inbox.healthy();
      report(`failed ${(error as Error).message}; ${health.ok ? 'healthy' : health.why}`);
    }
    if (Number(pauseMs) > 0) await new Promise((resolve) => setTimeout(resolve, Number(pauseMs)));
  }
}

for (let n = 0; n < 8; n++) void one();
