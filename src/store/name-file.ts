/** What to do, by the beginning of SQLite's result code. */
const NEXT: readonly (readonly [code: RegExp, next: string])[] = [
  [/^SQLITE_(CANTOPEN|READONLY|PERM|AUTH)/, 'see that the folder is there and this user may write to it'],
  [/^SQLITE_(NOTADB|CORRUPT)/, 'it is damaged: move it away, and fill an empty folder with tierbell db restore'],
];

/**
 * Opens a database; where that fails the error names the file and the next step, which SQLite's own does not.
 * @throws Error under SQLite's code
 */
export function nameFile<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    const { code, message } = error as { readonly code?: unknown; readonly message?: string };
    if (typeof code !== 'string' || !code.startsWith('SQLITE_')) throw error;
    const next = NEXT.find(([codes]) => codes.test(code))?.[1];
    const said = `${path} cannot be used (${message})${next === undefined ? '' : `: ${next}`}`;
    throw Object.assign(new Error(said, { cause: error }), { code });
  }
}
