import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { benchFolder, startBridge } from './bridge.ts';
import { ingestTable, measureIngest } from './ingest.ts';

/** Ingest into the whole bridge, its pipeline running and its messages going to a sink. @returns the table */
export async function benchIngest(): Promise<string> {
  const folder = benchFolder();
  const sink = createServer((req, res) => req.resume().on('end', () => res.end('ok')));
  await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', () => resolve()));
  const url = `http://127.0.0.1:${(sink.address() as AddressInfo).port}/`;
  const bridge = await startBridge(folder.path, `{ name: bench, kind: webhook, url: "${url}" }`);
  try {
    const rows = await measureIngest(
      {
        url: `${bridge.url}/webhooks/alertmanager`,
        rounds: 5,
        seconds: 3,
        connections: 32,
        caughtUp: () => bridge.caughtUp(),
      },
      folder.path,
    );
    return `${ingestTable(rows)}\nRSS afterwards: ${bridge.rssMb().toFixed(0)} MB`;
  } finally {
    await bridge.stop();
    sink.closeAllConnections();
    sink.close();
    folder.remove();
  }
}
