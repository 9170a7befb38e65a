const BLANK = /\{\{\s*([A-Za-z_][\w.:-]*)\s*\}\}/g;

/** The names that a template mentions: `{{ labels.instance }}` gives `labels.instance`. */
export function blanksOf(template: string): string[] {
  return [...template.matchAll(BLANK)].map((match) => match[1] ?? '');
}

/**
 * Fills `{{ name }}` from a look-up: paths only, no expressions, and what is put in is never read as a template again.
 * `lookUp` gives undefined for what does not exist; `escape` fits a value to where it stands.
 * @returns the text, and the names that had no value (then the text is of no use)
 */
export function fillTemplate(
  template: string,
  lookUp: (name: string) => string | undefined,
  escape: (value: string) => string = (value) => value,
): { text: string; missing: string[] } {
  const missing: string[] = [];
  const text = template.replace(BLANK, (_whole, name: string) => {
    const value = lookUp(name);
    if (value === undefined) missing.push(name);
    return value === undefined ? '' : escape(value);
  });
  return { text, missing };
}

/** Why a template cannot be filled as its author meant it, or null: what looks like a blank but is none stays in the text. */
export function templateProblem(template: string): string | null {
  return template.replace(BLANK, ' ').includes('{{') ? 'a blank holds one name and nothing else' : null;
}
