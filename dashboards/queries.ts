/** PromQL that every panel shares. Grafana fills `$job`, `$__range` and `$__rate_interval`. */

/** The chosen time range of the dashboard. */
export const RANGE = '$__range';
/** A window that Grafana fits to the zoom and to how often Prometheus scrapes. */
export const STEP = '$__rate_interval';

/** A metric of the chosen bridge: `series('incidents_open', 'level="3"')`. */
export function series(name: string, ...matchers: readonly string[]): string {
  return `tierbell_${name}{${['job="$job"', ...matchers].join(',')}}`;
}

/** A gauge of the store, which every replica tells alike: the highest, never the sum. */
export function held(name: string, by = ''): string {
  return `max${by === '' ? '' : ` by (${by})`} (${series(name)})`;
}

/**
 * How much a counter grew within a window, also where its series was born within it: histograms and the series of a fix
 * begin at their first event, which `increase` alone would not see.
 */
export function grown(name: string, window: string, ...matchers: readonly string[]): string {
  const one = series(name, ...matchers);
  return `((max_over_time(${one}[${window}]) unless ${one} offset ${window}) or increase(${one}[${window}]))`;
}

/** The value that a share of all observations within the window stayed under; nothing where there were none. */
export function quantile(share: number, histogram: string, by: string, window: string): string {
  const labels = by === '' ? 'le' : `le, ${by}`;
  return `histogram_quantile(${share}, sum by (${labels}) (${grown(`${histogram}_bucket`, window)})) >= 0`;
}

export function mean(histogram: string, by: string, window: string): string {
  const sum = (part: string): string => `sum by (${by}) (${grown(`${histogram}_${part}`, window)})`;
  return `${sum('sum')} / (${sum('count')} > 0)`;
}

/** 0 for each of these label sets that the query lacks, while the bridge is up: nothing open is an answer, down is none. */
export function orZero(query: string, ...labels: readonly Readonly<Record<string, string>>[]): string {
  const zeros = labels.map((one) =>
    Object.entries(one).reduce(
      (zero, [name, value]) => `label_replace(${zero}, "${name}", "${value}", "", "")`,
      `max (${series('build_info')}) * 0`,
    ),
  );
  return [query, ...zeros].join(' or ');
}
