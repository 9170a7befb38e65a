import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** PEM files of one certificate. */
export interface Pem {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority of a test's own, made with openssl. */
export interface Authority extends Pem {
  /** Signs a certificate for this name, good on 127.0.0.1 and localhost, and puts it into files of this name. */
  issue(name: string, san?: string): Pem;
}

/** @param folder where all its files lie; made where there is none */
export function createAuthority(folder: string, name: string): Authority {
  mkdirSync(folder, { recursive: true });
  const own = pemOf(folder, name);
  openssl(['req', '-x509', ...freshKey(own.key), '-days', '2', '-subj', `/CN=${name}`, '-out', own.cert]);
  return {
    ...own,
    issue(subject, san = 'DNS:localhost,IP:127.0.0.1') {
      const pem = pemOf(folder, subject);
      const request = join(folder, `${subject}.csr`);
      const extensions = join(folder, `${subject}.ext`);
      writeFileSync(extensions, `subjectAltName=${san}\n`);
      openssl(['req', ...freshKey(pem.key), '-subj', `/CN=${subject}`, '-out', request]);
      const signer = ['-CA', own.cert, '-CAkey', own.key, '-CAcreateserial', '-days', '2', '-extfile', extensions];
      openssl(['x509', '-req', '-in', request, ...signer, '-out', pem.cert]);
      return pem;
    },
  };
}

function pemOf(folder: string, name: string): Pem {
  return { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
}

function freshKey(path: string): string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', path];
}

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
