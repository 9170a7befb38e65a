import type { Server, ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { boundClients } from '../../../src/http/bounded-clients.ts';
import { createWebServer } from '../../../src/http/web-server.ts';
import { waitFor } from '../../helpers/wait-for.ts';

const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
let server: Server;
let open: ServerResponse[];

beforeEach(async () => {
  open = [];
  const context = { now: () => 0, log: { warn: () => undefined } };
  server = await createWebServer(
    { tls: null, headers: {} },
    boundClients((_req, res) => void open.push(res)),
    context,
  );
  server.keepAliveTimeout = 0; // a machine that stands still closes nothing
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function client() {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const seen = { text: '', closed: false };
  socket.on('error', () => undefined);
  socket.on('data', (data) => (seen.text += String(data)));
  socket.on('close', () => (seen.closed = true));
  return { socket, seen };
}

it('a connection on which hundreds of requests wait for answers is cut off; the others go on', async () => {
  const greedy = client();
  const fair = client();
  greedy.socket.write(REQUEST.repeat(500));
  await waitFor('the end of the connection', () => greedy.seen.closed);
  expect(open.length).toBeLessThan(50);
  open = [];
  fair.socket.write(REQUEST.repeat(3));
  await waitFor('three requests', () => open.length === 3);
  for (const res of open) res.end('done');
  await waitFor('three answers', () => fair.seen.text.split('done').length === 4);
  fair.socket.destroy();
});

it('one after the other a connection may ask as often as it likes', async () => {
  const { socket, seen } = client();
  for (let n = 1; n <= 40; n += 1) {
    socket.write(REQUEST);
    await waitFor(`request ${n}`, () => open.length === n);
    open.at(-1)?.end('done');
    await waitFor(`answer ${n}`, () => seen.text.split('done').length === n + 1);
  }
  expect(seen.closed).toBe(false);
  socket.destroy();
});
