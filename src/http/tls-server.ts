import { constants } from 'node:crypto';
import { statSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import { readTlsFiles, type TlsSettings } from './web-config.ts';
import { LOOK_FOR_SLOW_MS, type Listener, type WebServerContext } from './web-server.ts';

/** How often the certificate files are looked at when connections come. */
const LOOK_EVERY_MS = 1_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** How often a failed handshake is told: anybody can cause one. */
const TELL_EVERY_MS = 60_000;

/** Serves TLS; certificate files are re-read when they change, for the connections that come then. */
export function createTlsServer(tls: TlsSettings, handler: Listener, context: WebServerContext): Server {
  const { clientAuth, minVersion, maxVersion } = tls;
  const asks = clientAuth !== 'NoClientCert';
  // A resumed session would carry a certificate past a CA that has changed.
  const fixed = { minVersion, maxVersion, ...(asks ? { secureOptions: constants.SSL_OP_NO_TICKET } : {}) };
  const server = createServer(
    {
      ...readTlsFiles(tls),
      ...fixed,
      connectionsCheckingInterval: LOOK_FOR_SLOW_MS,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      requestCert: asks,
      rejectUnauthorized: clientAuth === 'RequireAndVerifyClientCert',
    },
    handler,
  );
  // Before the server's own listener: a changed certificate counts for this very connection.
  server.prependListener('connection', refresher(server, tls, fixed, context));
  server.on('secureConnection', (socket: TLSSocket) => {
    if (asks && !isWelcome(socket, tls)) socket.destroy();
  });
  tellFailures(server, context);
  return server;
}

/** Re-reads the files when one has changed. What cannot be used leaves the old in force, and is told once. */
function refresher(server: Server, tls: TlsSettings, fixed: object, { now, log }: WebServerContext): () => void {
  let seen = versionOf(tls);
  let lookedAt = now();
  return () => {
    if (now() - lookedAt < LOOK_EVERY_MS) return;
    lookedAt = now();
    const present = versionOf(tls);
    if (present === seen) return;
    seen = present;
    try {
      server.setSecureContext({ ...readTlsFiles(tls), ...fixed });
    } catch (error) {
      log.warn('the changed certificate files cannot be used; the old ones stay in force', {
        code: (error as { code?: string }).code ?? 'unknown',
      });
    }
  };
}

function versionOf({ certFile, keyFile, clientCaFile }: TlsSettings): string {
  return [certFile, keyFile, clientCaFile].map((path) => (path === null ? '' : stamp(path))).join(' ');
}

function stamp(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? 'away' : `${found.ino}:${found.size}:${found.mtimeMs}:${found.ctimeMs}`;
}

/** Whether this client may stay after the handshake, by the names of Go's crypto/tls. */
function isWelcome(socket: TLSSocket, { clientAuth, clientAllowedSans }: TlsSettings): boolean {
  const peer = socket.getPeerCertificate() as PeerCertificate | Record<string, never>;
  const given = Object.keys(peer).length > 0;
  if (clientAuth === 'RequestClientCert') return true;
  if (clientAuth === 'RequireAnyClientCert') return given;
  if (!given) return clientAuth === 'VerifyClientCertIfGiven';
  if (!socket.authorized) return false;
  return clientAllowedSans.length === 0 || sansOf(peer).some((san) => clientAllowedSans.includes(san));
}

/** `DNS:a, IP Address:1.2.3.4, email:x@y` without the kinds. A quoted part is an attack (CVE-2021-44532) and counts as none. */
function sansOf(peer: { subjectaltname?: string }): string[] {
  const text = peer.subjectaltname ?? '';
  if (text.includes('"')) return [];
  return text
    .split(', ')
    .map((part) => part.slice(part.indexOf(':') + 1))
    .filter((san) => san !== '');
}

function tellFailures(server: Server, { now, log }: WebServerContext): void {
  let toldAt = -TELL_EVERY_MS;
  server.on('tlsClientError', (error: Error & { code?: string }, socket: TLSSocket) => {
    if (now() - toldAt < TELL_EVERY_MS) return;
    toldAt = now();
    log.warn('a TLS connection failed; if this is a sender of alerts, they are lost', {
      code: error.code ?? 'unknown',
      from: socket.remoteAddress ?? 'unknown',
    });
  });
}
