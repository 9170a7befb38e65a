import { lookup as resolve, type LookupAddress, type LookupOptions } from 'node:dns';
import { BlockList, isIP } from 'node:net';

/**
 * Addresses that are never dialled, whatever a name resolves to: link-local ones, under which clouds serve credentials
 * (169.254.169.254, fd00:ec2::254). Internal hosts are normal and allowed: addresses come from the configuration alone.
 */
const FORBIDDEN = new BlockList();
FORBIDDEN.addSubnet('169.254.0.0', 16, 'ipv4');
FORBIDDEN.addSubnet('fe80::', 10, 'ipv6');
FORBIDDEN.addAddress('fd00:ec2::254', 'ipv6');
FORBIDDEN.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6'); // 169.254.0.0/16 through NAT64

/** True for an IP address that must not be dialled; IPv4 in IPv6 notation counts as IPv4. */
export function isForbiddenAddress(address: string): boolean {
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  const family = isIP(bare);
  return family !== 0 && FORBIDDEN.check(bare, family === 6 ? 'ipv6' : 'ipv4');
}

type LookupCallback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

/** As `dns.lookup`, but a name that leads to a forbidden address is an error (`EADDRESS_FORBIDDEN`): checked on what is dialled. */
export function guardedLookup(hostname: string, options: LookupOptions, callback: LookupCallback): void {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, []);
    if (addresses.some(({ address }) => isForbiddenAddress(address))) return callback(forbidden(), []);
    const first = addresses[0];
    if (first === undefined || options.all === true) return callback(null, addresses);
    return callback(null, first.address, first.family);
  });
}

/** The error for a host that is itself a forbidden address: sockets never look those up. */
export function forbidden(): NodeJS.ErrnoException {
  return Object.assign(new Error('a link-local or metadata address is never dialled'), { code: 'EADDRESS_FORBIDDEN' });
}
