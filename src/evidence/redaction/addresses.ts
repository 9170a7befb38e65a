import { isIPv6 } from 'node:net';
import { findPattern, type Find } from './finding.ts';

const V4 = /(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?!\w|\.\d)/g;
const V6 = /(?<![\w:.])[0-9a-fA-F:]{3,39}(?![\w:])/g;
const MAC = /(?<![\w:-])(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}(?![\w:-])/g;

/** This machine, and none at all, are nobody's address. */
const NOBODY = /^(?:127\.|0\.0\.0\.0$|255\.255\.255\.255$|::1?$)/;

/** `a::b` is a name in programs as often. */
function isAddress(text: string): boolean {
  return isIPv6(text) && /\d/.test(text) && !NOBODY.test(text);
}

/** Addresses of machines, and of the people behind them: hidden where a log store is told to. */
export const addresses: readonly Find[] = [
  findPattern('mac-address', /[0-9a-fA-F]{2}[:-][0-9a-fA-F]{2}[:-]/, MAC),
  findPattern('address', /\d\.\d/, V4, (address) => !NOBODY.test(address)),
  findPattern('address', /:[0-9a-fA-F]{0,4}:/, V6, isAddress),
];
