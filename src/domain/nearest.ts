/** "did you mean `ack_timeout`?" for a misspelt name, or '' where nothing known comes near. */
export function didYouMean(wrong: string, known: Iterable<string>): string {
  const name = nearest(wrong, known);
  return name === null ? '' : `did you mean \`${name}\`?`;
}

/** The known name with the fewest slips of the pen (at most a third of its letters); case, `-`, `_` and spaces are free. */
export function nearest(wrong: string, known: Iterable<string>): string | null {
  const word = fold(wrong).slice(0, 64);
  let best: { name: string; slips: number } | null = null;
  for (const name of known) {
    if (name === wrong) continue;
    const slips = editDistance(word, fold(name));
    if (
      slips <= Math.max(1, Math.floor(name.length / 3)) &&
      slips < name.length &&
      (best === null || slips < best.slips)
    )
      best = { name, slips };
  }
  return best === null ? null : best.name;
}

function fold(text: string): string {
  return text.toLowerCase().replace(/[-_ ]/g, '');
}

/** Optimal string alignment: insertions, deletions, substitutions and swapped neighbours count one each. */
function editDistance(a: string, b: string): number {
  let older: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, at(older, j - 2) + 1);
      row.push(cost);
    }
    older = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
