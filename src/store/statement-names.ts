/** So many are kept ready a connection; what comes with ever new texts must not fill the server's memory. */
const STATEMENTS = 300;
/** More values are a list that is written out, another one each time; lists as such are one value. */
const VALUES = 64;

/** Gives statements that come again a name, under which a connection finds them parsed and planned. */
export class StatementNames {
  readonly #seen = new Set<string>();
  readonly #names = new Map<string, string>();

  /** Its name; undefined the first time, for what has no values or very many, and where there are too many already. */
  of(text: string, values: readonly unknown[]): string | undefined {
    if (values.length === 0 || values.length > VALUES) return undefined;
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= STATEMENTS) return known;
    if (this.#seen.delete(text)) this.#names.set(text, `s${this.#names.size}`);
    else if (this.#seen.size < 10 * STATEMENTS) this.#seen.add(text);
    return this.#names.get(text);
  }
}
