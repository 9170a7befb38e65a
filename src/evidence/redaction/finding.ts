export interface Redactor {
  (text: string): string;
  /** The same, which takes addresses of machines for secrets too. */
  readonly withAddresses?: (text: string) => string;
}

/** Where a secret stands in a text: `[from, to)`. */
export interface Found {
  readonly type: string;
  readonly from: number;
  readonly to: number;
}

/** One way to find secrets. `find` yields them from left to right, in time linear in the text. */
export interface Find {
  /** A text that holds none of these (lower case), or does not fit this, need not be searched. */
  readonly hints: readonly string[] | RegExp;
  readonly find: (text: string) => Iterable<Found>;
}

/** Nothing but what has been replaced already (see marks.ts). */
export function isMarked(text: string): boolean {
  return /^[\ue000-\uf8ff]+$/.test(text);
}

/** What precedes the secret is kept: the pattern has it in the group `keep`, or there is none and all of it goes. */
export function findPattern(
  type: string,
  hints: Find['hints'],
  pattern: RegExp,
  accept: (secret: string) => boolean = () => true,
): Find {
  return {
    hints,
    *find(text) {
      for (const match of text.matchAll(pattern)) {
        const from = match.index + (match.groups?.['keep']?.length ?? 0);
        const to = match.index + match[0].length;
        if (accept(text.slice(from, to))) yield { type, from, to };
      }
    },
  };
}

/** Whether it looks drawn at random rather than written: a digit among letters, mixed case within, or sheer length. */
export function looksRandom(value: string): boolean {
  if (/^(?:[a-z]{2,}\.){2}/.test(value)) return false; // com.example.module
  if (value.length >= 20 && /^[\w+/=.~-]+$/.test(value)) return true;
  return value.length >= 8 && (/\d/.test(value) || /[a-z][A-Z]|[A-Z]{2}[a-z]/.test(value)) && /[A-Za-z]/.test(value);
}

/** What others have masked, what is empty, and names that stand for a value elsewhere. */
export const NO_SECRET =
  /^(?:\*+|x{3,}|X{3,}|\.{3,}|-+|<[^>]*>?|\[?(?:redacted|filtered|hidden|masked|removed|omitted)\]?|null|nil|none|undefined|true|false|yes|no|unset|\(null\)|\$\{[^}]*\}?|\$\([^)]*\)?|\$[A-Z_]+|\{\{.*|%\w|\w+\{.*|[\w.$]+@[0-9a-f]{1,8})$/is;
