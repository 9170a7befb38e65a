/** What ingest is measured against: the least that stores a JSON body durably before it answers. Prints its port. */
import Database from 'better-sqlite3';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const db = new Database(process.argv[2] ?? 'reference.sqlite');
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.exec('CREATE TABLE IF NOT EXISTS deliveries (seq INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL)');
const insert = db.prepare('INSERT INTO deliveries (body) VALUES (?)');

let waiting: { body: Buffer; res: ServerResponse }[] = [];

/** Group commit: all that came in one turn of the event loop shares one transaction, then all are answered. */
const commit = (): void => {
  const batch = waiting;
  waiting = [];
  const seqs = db.transaction(() => batch.map(({ body }) => insert.run(body).lastInsertRowid))();
  batch.forEach(({ res }, index) => {
    const answer = `{"delivery":"${String(seqs[index])}"}`;
    res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': answer.length });
    res.end(answer);
  });
};

const server = createServer((req, res) => {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
    try {
      JSON.parse(body.toString());
    } catch {
      res.writeHead(400).end();
      return;
    }
    if (waiting.push({ body, res }) === 1) setImmediate(commit);
  });
});

server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`);
});
