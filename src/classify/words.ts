import { plainLetters } from '../domain/text.ts';

/** A word of a text: `text` as it is looked up, `joined` the whole run it was split from (`coredns` at the `core` of CoreDNS). */
export interface Word {
  readonly text: string;
  readonly joined: string;
}

const RUN = /[\p{L}\p{N}]+|[=!<>]=|[<>]/gu;
/** Chinese and Japanese have no spaces: each sign is a word, so that a phrase is found wherever it stands. */
const PIECE =
  /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}]|\p{Lu}+(?!\p{Ll})|\p{Lu}?[[\p{Ll}\p{Lo}\p{Lt}\p{Lm}]--[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}]]+|\p{N}+\p{Ll}*/gv;
const LOWER = /^[a-z]+$/;

/**
 * Splits a text into lower-case words at anything but letters and digits, at case changes and before digits:
 * `KubePodCrashLooping` → kube pod crash looping, `node_disk_io` → node disk io, `HTTP5xx` → http 5xx.
 * Comparison operators are words too, so that `up == 0` is a phrase. Accents are left out: people leave them out too.
 * @param max the most words given back
 */
export function splitWords(text: string, max = 4000): Word[] {
  const words: Word[] = [];
  for (const [run] of plainLetters(text).matchAll(RUN)) {
    if (words.length >= max) break;
    if (LOWER.test(run)) words.push({ text: run, joined: '' });
    else words.push(...splitRun(run));
  }
  return words.length > max ? words.slice(0, max) : words;
}

function splitRun(run: string): Word[] {
  const pieces = run.match(PIECE);
  if (pieces === null) return [{ text: run.toLowerCase(), joined: '' }];
  const joined = pieces.length > 1 ? run.toLowerCase() : '';
  return pieces.map((piece, index) => ({ text: piece.toLowerCase(), joined: index === 0 ? joined : '' }));
}
