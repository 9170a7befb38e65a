import canonicalize from 'canonicalize';

/** A state as its bytes would be compared: key order and prototypes do not count, everything else does. */
export function canonicalState(state: unknown): unknown {
  return JSON.parse(canonicalize(JSON.parse(JSON.stringify(state))) ?? 'null');
}
