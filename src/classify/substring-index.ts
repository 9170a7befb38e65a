/** Finds which of many texts occur in another, in one pass over it (Aho-Corasick), whatever their number. */
export interface SubstringIndex {
  /** Calls back with the number of each text that occurs in `haystack`, possibly more than once. */
  find(haystack: string, found: (needle: number) => void): void;
}

interface State {
  readonly next: Map<number, State>;
  fail: State | null;
  /** Numbers of the texts that end here. */
  readonly ends: number[];
  /** The nearest state on the way of `fail` where a text ends. */
  output: State | null;
}

/** Builds the index; the texts are taken as they are (fold the case of both sides before). Empty texts are never found. */
export function substringIndex(needles: readonly string[]): SubstringIndex {
  const root = newState();
  needles.forEach((needle, number) => {
    if (needle !== '') insert(root, needle, number);
  });
  linkFailures(root);
  return { find: (haystack, found) => scan(root, haystack, found) };
}

function newState(): State {
  return { next: new Map(), fail: null, ends: [], output: null };
}

function insert(root: State, needle: string, number: number): void {
  let state = root;
  for (let i = 0; i < needle.length; i++) {
    const code = needle.charCodeAt(i);
    const next = state.next.get(code) ?? newState();
    state.next.set(code, next);
    state = next;
  }
  state.ends.push(number);
}

function linkFailures(root: State): void {
  const queue = [...root.next.values()];
  for (const state of queue) state.fail = root;
  for (let state = queue.shift(); state !== undefined; state = queue.shift()) {
    for (const [code, child] of state.next) {
      child.fail = step(state.fail, code) ?? root;
      child.output = child.fail.ends.length > 0 ? child.fail : child.fail.output;
      queue.push(child);
    }
  }
}

/** The state after `code`, falling back to shorter suffixes; null where not even the root knows it. */
function step(from: State | null, code: number): State | null {
  for (let state = from; state !== null; state = state.fail) {
    const next = state.next.get(code);
    if (next !== undefined) return next;
  }
  return null;
}

function scan(root: State, haystack: string, found: (needle: number) => void): void {
  if (root.next.size === 0) return;
  let state = root;
  for (let i = 0; i < haystack.length; i++) {
    state = step(state, haystack.charCodeAt(i)) ?? root;
    for (let end: State | null = state; end !== null; end = end.output) for (const number of end.ends) found(number);
  }
}
