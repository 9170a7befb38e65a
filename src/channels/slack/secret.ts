import { readFile } from 'node:fs/promises';
import { failure, success, type Outcome } from '../../domain/result.ts';

/**
 * A secret that stands in the configuration, or in a file that is read anew each time, so that a rotated one is taken without a
 * restart.
 * @param setting the key of the file's setting, for the sentence about a file that cannot be read
 */
export async function readSecret(
  value: string | undefined,
  file: string | undefined,
  setting: string,
): Promise<Outcome<string>> {
  if (value !== undefined) return success(value);
  const text = await readFile(file ?? '', 'utf8').catch(() => null);
  const secret = text?.trim() ?? '';
  if (secret !== '') return success(secret);
  const why = text === null ? 'cannot be read: check its path and permissions' : 'is empty';
  return failure('misconfigured', `the file of ${setting} ${why}`, { retryable: true });
}
