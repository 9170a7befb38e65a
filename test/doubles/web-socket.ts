import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** The server's side of a WebSocket (RFC 6455), as much as a double needs: short text frames, pings, closing. */
export interface ServerSocket {
  send(text: string): void;
  ping(): void;
  /** Cuts the connection without a word. */
  destroy(): void;
}

const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const TEXT = 0x1;
const CLOSE = 0x8;
const PING = 0x9;

export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  onText: (text: string) => void,
): ServerSocket {
  const key = createHash('sha1').update(`${request.headers['sec-websocket-key']}${MAGIC}`).digest('base64');
  socket.on('error', () => undefined);
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\n\r\n`,
  );
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (let frame = readFrame(rest); frame !== null; frame = readFrame(rest)) {
      rest = rest.subarray(frame.bytes);
      if (frame.opcode === TEXT) onText(frame.payload.toString('utf8'));
      if (frame.opcode === CLOSE) socket.end(writeFrame(CLOSE, frame.payload));
    }
  });
  return {
    send: (text) => void socket.write(writeFrame(TEXT, Buffer.from(text))),
    ping: () => void socket.write(writeFrame(PING, Buffer.from('Ping from applink-double'))),
    destroy: () => void socket.destroy(),
  };
}

function writeFrame(opcode: number, payload: Buffer): Buffer {
  const head = payload.length < 126 ? Buffer.from([0x80 | opcode, payload.length]) : Buffer.alloc(4);
  if (payload.length >= 126) {
    head.writeUInt8(0x80 | opcode, 0);
    head.writeUInt8(126, 1);
    head.writeUInt16BE(payload.length, 2);
  }
  return Buffer.concat([head, payload]);
}

/** A client masks every frame. */
function readFrame(data: Buffer): { opcode: number; payload: Buffer; bytes: number } | null {
  if (data.length < 2) return null;
  const short = data.readUInt8(1) & 0x7f;
  const at = short === 126 ? 4 : 2;
  if (data.length < at + 4) return null;
  const length = short === 126 ? data.readUInt16BE(2) : short;
  const bytes = at + 4 + length;
  if (data.length < bytes) return null;
  const mask = data.subarray(at, at + 4);
  const payload = Buffer.from(data.subarray(at + 4, bytes)).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return { opcode: data.readUInt8(0) & 0x0f, payload: Buffer.from(payload), bytes };
}
