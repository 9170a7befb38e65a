import { cleanLine } from '../domain/text.ts';

/**
 * Makes what the other side said fit to be shown: one clean line of at most 200 characters, in which every secret is blotted
 * out, as it stands, percent-encoded, and in base64.
 */
export function sayer(secrets: readonly string[]): (said: string) => string {
  const spellings = secrets
    .filter((secret) => secret.length >= 4)
    .flatMap((secret) => [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    ])
    .sort((a, b) => b.length - a.length);
  return (said) =>
    cleanLine(
      spellings.reduce((text, secret) => text.replaceAll(secret, '[secret]'), said.slice(0, 4096)),
      200,
    );
}
