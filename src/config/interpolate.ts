/** A text with its `${…}` filled, or why it cannot be. */
export type Interpolation =
  | { readonly ok: true; readonly text: string; readonly variables: readonly string[] }
  | { readonly ok: false; readonly message: string; readonly hint: string };

/** `$${` is a plain `${`; `${NAME}` and `${NAME:-default}` are filled; any other `${` is a mistake. */
const SHAPE = /\$\$\{|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|)/g;

/**
 * Fills `${VAR}` and `${VAR:-default}` (the default where VAR is unset or empty) from the environment.
 * It works on one scalar at a time, after the YAML was parsed: a value can never become structure, nor be filled again.
 */
export function interpolate(text: string, env: Readonly<Record<string, string | undefined>>): Interpolation {
  const variables: string[] = [];
  const unset: string[] = [];
  let malformed = false;
  const filled = text.replace(SHAPE, (whole, name: string | undefined, fallback: string | undefined) => {
    if (whole === '$${') return '${';
    if (name === undefined) malformed = true;
    if (name === undefined) return whole;
    variables.push(name);
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (fallback !== undefined) return value === undefined || value === '' ? fallback : value;
    if (value === undefined) unset.push(name);
    return value ?? '';
  });
  if (malformed)
    return { ok: false, message: 'not a variable', hint: 'write ${NAME} or ${NAME:-default}, and $${ for a plain ${' };
  if (unset.length > 0) {
    const names = [...new Set(unset)].join(', ');
    return { ok: false, message: `the environment has no ${names}`, hint: `set it, or write \${${unset[0]}:-default}` };
  }
  return { ok: true, text: filled, variables };
}
