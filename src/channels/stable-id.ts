import { createHash } from 'node:crypto';

/**
 * An id made fit for a place that takes only some characters: as it is where it fits, else what fits of it and 16 hex digits of
 * its SHA-256, so that two ids never become one.
 */
export function stableId(id: string, allowed: 'header' | 'mail'): string {
  const fits = allowed === 'header' ? /^[A-Za-z0-9_:-]{1,200}$/ : /^[A-Za-z0-9_-]{1,120}$/;
  if (fits.test(id)) return id;
  const digest = createHash('sha256').update(id).digest('hex').slice(0, 16);
  return `${id.replace(/[^A-Za-z0-9_-]+/g, '-').slice(0, 80)}-${digest}`;
}
