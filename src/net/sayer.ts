import { cleanLine } from '../domain/text.ts';

/** Blots out every secret of a text, as it stands, percent-encoded, and in base64. */
export function hideSecrets(secrets: readonly string[]): (text: string) => string {
  const spellings = secrets
    .filter((secret) => secret.length >= 4)
    .flatMap((secret) => [
      secret,
      encodeURIComponent(secret.toWellFormed()),
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    ])
    .sort((a, b) => b.length - a.length);
  return (text) => spellings.reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text);
}

/**
 * Makes what the other side said fit to be shown: one clean line of at most 200 characters, in which every secret is blotted
 * out, as it stands, percent-encoded, and in base64.
 */
export function sayer(secrets: readonly string[]): (said: string) => string {
  const hide = hideSecrets(secrets);
  return (said) => cleanLine(hide(said.slice(0, 4096)), 200);
}
