import { cleanLine } from '../domain/text.ts';
import type { Path } from './problem.ts';

/** Words in a key that make its value a secret; `…_file` and `…_files` hold paths, which may be shown. */
const SECRET_KEY = /token|password|passwd|secret|(^|_)key$|api_?key|authorization|cookie|credential/i;
const PATH_KEY = /_files?$/;

/** Whether what stands at this path may be a secret; `headers` of what is dialled often hold one. */
export function isSecretPath(path: Path): boolean {
  return path.some((part, index) => {
    if (typeof part === 'number') return false;
    if (part === 'headers') return index < path.length - 1;
    if (part === 'header') return path[index + 1] === 'value';
    return SECRET_KEY.test(part) && !PATH_KEY.test(part);
  });
}

/** A value in a message: quoted and cut; an address that carries a password is hidden. */
export function speakValue(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value !== 'string') return 'a map';
  if (/\/\/.*@/s.test(value)) return 'a hidden value';
  return `\`${cleanLine(value, 80)}\``;
}
