/**
 * The named reference of the evidence benchmark: plain Drain (He et al., ICWS 2017) as published, with eight masks, one
 * configuration for all systems: depth 4, similarity 0.5, at most 100 children.
 */
const MASKS: readonly RegExp[] = [
  /\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?Z?/g,
  /\b\d{2}:\d{2}:\d{2}(?:[.,]\d+)?\b/g,
  /\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d+)?\b/g,
  /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi,
  /\b0x[0-9a-f]+\b/gi,
  /\bblk_-?\d+\b/g,
  /(?<=^|[\s=(:])\/[\w.$/-]+/g,
  /(?<=[^A-Za-z0-9]|^)[-+]?\d+(?:\.\d+)?(?=[^A-Za-z0-9]|$)/g,
];
const WILDCARD = '<*>';
const DEPTH = 2;
const SIMILARITY = 0.5;
const MAX_CHILDREN = 100;

interface Node {
  readonly children: Map<string, Node>;
  readonly clusters: { tokens: string[]; readonly id: number }[];
}

export class PlainDrain {
  readonly #root = node();
  #clusters = 0;

  /** @returns the number of the cluster */
  add(line: string): number {
    const tokens = MASKS.reduce((text, mask) => text.replace(mask, WILDCARD), line)
      .trim()
      .split(/\s+/);
    const leaf = this.#leaf(tokens);
    let best: Node['clusters'][number] | null = null;
    let bestShare = SIMILARITY;
    for (const cluster of leaf.clusters) {
      let same = 0;
      for (let index = 0; index < tokens.length; index += 1)
        if (cluster.tokens[index] === tokens[index] && tokens[index] !== WILDCARD) same += 1;
      const share = same / tokens.length;
      if (share >= bestShare) {
        best = cluster;
        bestShare = share;
      }
    }
    if (best === null) {
      best = { tokens, id: this.#clusters };
      this.#clusters += 1;
      leaf.clusters.push(best);
      return best.id;
    }
    best.tokens = best.tokens.map((token, index) => (token === tokens[index] ? token : WILDCARD));
    return best.id;
  }

  #leaf(tokens: readonly string[]): Node {
    let at = child(this.#root, String(tokens.length));
    for (const token of tokens.slice(0, DEPTH)) {
      const key = /\d/.test(token) || (!at.children.has(token) && at.children.size >= MAX_CHILDREN) ? WILDCARD : token;
      at = child(at, key);
    }
    return at;
  }
}

function node(): Node {
  return { children: new Map(), clusters: [] };
}

function child(parent: Node, key: string): Node {
  const known = parent.children.get(key);
  if (known !== undefined) return known;
  const made = node();
  parent.children.set(key, made);
  return made;
}
