import { connect } from 'node:net';
import { success, type Outcome } from '../domain/result.ts';
import { guardedLookup, isForbiddenAddress } from '../net/address-guard.ts';
import { codeOf, failureOfCode } from '../net/failure-of-code.ts';
import { requestOnce, type TlsSettings } from '../net/request-once.ts';
import type { Check } from './check.ts';

/** How a probe is dialled; as the configuration has it now, so that no header of a login lies in a stored plan. */
export interface Dialling {
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly tls_config?: TlsSettings | undefined;
}

/** A service that is well answers sooner. */
const PROBE_MS = 10_000;
const KEPT_BYTES = 1_000_000;

/** One GET of a probe; every status is an answer. */
export async function probeHttp(
  { url }: Extract<Check, { kind: 'http' }>,
  { headers = {}, tls_config }: Dialling,
  signal: AbortSignal,
): Promise<Outcome<{ readonly status: number; readonly text: string; readonly whole: boolean }>> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)]);
  const reply = await requestOnce({ method: 'GET', url, headers, body: null }, tls_config, KEPT_BYTES, limited);
  if (!reply.ok) return reply.failure;
  return success({ status: reply.status, text: reply.body.toString('utf8'), whole: reply.whole });
}

/** Opens a connection and closes it; nothing is sent. */
export function probeTcp({ host, port }: Extract<Check, { kind: 'tcp' }>, signal: AbortSignal): Promise<Outcome<null>> {
  if (isForbiddenAddress(host)) return Promise.resolve(failureOfCode('EADDRESS_FORBIDDEN'));
  const limited = AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)]);
  return new Promise((resolve) => {
    const socket = connect({ host, port, lookup: guardedLookup });
    const finish = (outcome: Outcome<null>): void => {
      limited.removeEventListener('abort', stop);
      socket.destroy();
      resolve(outcome);
    };
    const stop = (): void => finish(failureOfCode('ETIMEDOUT'));
    socket.once('connect', () => finish(success(null)));
    socket.on('error', (error) => finish(failureOfCode(codeOf(error))));
    limited.addEventListener('abort', stop, { once: true });
    if (limited.aborted) stop();
  });
}
