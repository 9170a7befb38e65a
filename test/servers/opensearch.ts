import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './cleanup.ts';
import { buildOpensearch } from './elasticsearch-build.ts';
import { apiOf, JAVA_FLAGS, type Elasticsearch } from './elasticsearch.ts';
import { startProcess } from './start-process.ts';

export type Opensearch = Pick<Elasticsearch, 'url' | 'version' | 'request' | 'index' | 'search' | 'stop'>;

/** A real one-node OpenSearch on a free port, without accounts; see opensearch/README.md. */
export async function startOpensearch(): Promise<Opensearch> {
  const built = buildOpensearch();
  if (!built.ok) throw new Error(`no OpenSearch: ${built.reason}`);
  const folder = temporaryFolder('opensearch');
  const temporary = join(folder.path, 'tmp');
  mkdirSync(temporary);
  const running = await startProcess({
    name: 'OpenSearch',
    command: built.java,
    args: [
      ...JAVA_FLAGS,
      `-Djava.io.tmpdir=${temporary}`,
      '-cp',
      built.classPath,
      'tierbell.OpenSearchServer',
      '0',
      '--stdin',
    ],
    ready: /^\{"ready":true,"port":(\d+),"version":"([^"]+)"/,
    readyOn: 'stdout',
    readyWithinMs: 240_000,
  });
  return {
    ...apiOf(`http://127.0.0.1:${running.ready[1]}`, null),
    version: running.ready[2] ?? '',
    stop: async () => {
      await running.stop();
      folder.remove();
    },
  };
}
