import { label } from '../domain/alert.ts';
import type { Place, ReadFacts } from './facts.ts';

/** What the statistical model looks at: a number, with what stands behind it for people. */
export interface Feature {
  /** 0 … {@link BUCKETS} − 1. */
  readonly bucket: number;
  /** 1 … 255: tells those that fall into one bucket apart, so that an unknown word is not taken for a known one. */
  readonly mark: number;
  /** The word or phrase of the alert, or '' for a piece of a word. */
  readonly word: string;
  /** `name`, or the place as {@link Place} calls it. */
  readonly place: string;
}

/** Words are hashed into this many buckets, so that the shipped weights hold no text of the alerts they come from. */
export const BUCKETS = 1 << 16;

/** In words; what lies beyond does not count. The rules read further. */
const MOST_WORDS = 400;
/** In characters: a name longer than this says nothing more. */
const MOST_NAME = 120;
const PIECES = [3, 4, 5];
const NUMBER = /^\p{N}+$/u;
/** What stands in every text, and numbers: no kind of alert is known by them, and no person can check such a reason. */
const SAYS_NOTHING = new Set(
  `0 a an and are as at be been being but by de do for from had has have he if in into is it its of on or s so such t
  than that the their then there these they this to was were which will with you your`.split(/\s+/),
);

/**
 * The features of an alert, each once: words and pairs of words of its name, its expression and its annotations, apart
 * and all together, and pieces of three to five letters of its name, so that `iface` and `ifaces` are kin.
 */
export function readFeatures({ places, labels }: Pick<ReadFacts, 'places' | 'labels'>): Feature[] {
  const found = new Map<number, Feature>();
  const add = (space: string, text: string, word: string, place: string): void => {
    const full = hash(space, text);
    if (!found.has(full)) found.set(full, { bucket: full % BUCKETS, mark: 1 + ((full >>> 16) % 255), word, place });
  };
  let room = MOST_WORDS;
  for (const place of places) {
    const words = place.words.slice(0, room).map(({ text }) => (NUMBER.test(text) ? '0' : text));
    room -= words.length;
    const space = spaceOf(place);
    for (const [at, word] of words.entries()) {
      const next = words[at + 1];
      const silent = SAYS_NOTHING.has(word);
      if (!silent) add(space, word, word, place.place);
      if (!silent) add('w', word, word, place.place);
      if (next !== undefined && !(silent && SAYS_NOTHING.has(next)))
        add(space === 'n' ? 'nn' : 'ww', `${word} ${next}`, `${word} ${next}`, place.place);
    }
  }
  addPieces(label(labels, '__words__').slice(0, MOST_NAME), (piece) => add('p', piece, '', 'alertname'));
  return [...found.values()];
}

function spaceOf({ place }: Place): string {
  if (place === 'alertname' || place === 'label rulename') return 'n';
  if (place === 'expression') return 'e';
  return place.startsWith('label ') ? 'l' : 'a';
}

/** ` kube pod ` gives ` ku`, `kub`, … `od `: within a word, its ends marked by spaces. */
function addPieces(words: string, add: (piece: string) => void): void {
  for (const word of words.trim().split(' '))
    for (const length of PIECES)
      for (let at = 0; at + length <= word.length + 2; at++) add(` ${word} `.slice(at, at + length));
}

/** FNV-1a over UTF-16 units, 32 bits. */
function hash(space: string, text: string): number {
  let state = 0x811c9dc5;
  for (const part of [space, ':', text])
    for (let i = 0; i < part.length; i++) state = Math.imul(state ^ part.charCodeAt(i), 0x01000193);
  return (state ^ (state >>> 15)) >>> 0;
}
