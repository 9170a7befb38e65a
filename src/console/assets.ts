import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A file that pages refer to. `path` bears a part of its digest, so that browsers may keep it for good. */
export interface Asset {
  readonly path: string;
  readonly type: string;
  readonly body: Buffer;
}

function asset(name: string, type: string): Asset {
  const body = readFileSync(new URL(`assets/${name}`, import.meta.url));
  const version = createHash('sha256').update(body).digest('hex').slice(0, 12);
  return { path: `/assets/${name}?v=${version}`, type, body };
}

export const STYLE = asset('tierbell.css', 'text/css; charset=utf-8');
export const SCRIPT = asset('tierbell.js', 'text/javascript; charset=utf-8');
export const ICON = asset('tierbell.svg', 'image/svg+xml');
