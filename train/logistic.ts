/** Multinomial logistic regression with L2, by L-BFGS: convex, without randomness, so the same rows give the same weights. */

/** A sparse row: `indices[i]` has the value `values[i]`. */
export interface Sparse {
  readonly indices: Int32Array;
  readonly values: Float64Array;
}

/** One row to learn from. */
export interface Example {
  readonly x: Sparse;
  /** The share of each class; they sum to 1. An ambiguous row has two. */
  readonly target: readonly number[];
  /** How much it counts; 1 is a row that people labelled. */
  readonly weight: number;
}

/** Weights by class: `weights[class * features + feature]`, and one bias a class. */
export interface Logistic {
  readonly classes: number;
  readonly features: number;
  readonly weights: Float64Array;
  readonly bias: Float64Array;
}

/**
 * @param cost how much a row counts against the regularisation (scikit-learn's C)
 * @param steps at most so many rounds of L-BFGS
 */
export function trainLogistic(
  examples: readonly Example[],
  { classes, features, cost, steps = 120 }: { classes: number; features: number; cost: number; steps?: number },
): Logistic {
  const size = classes * (features + 1);
  const best = minimise(new Float64Array(size), steps, (at, gradient) => loss(at, gradient));
  return { classes, features, weights: best.slice(0, classes * features), bias: best.slice(classes * features) };

  function loss(at: Float64Array, gradient: Float64Array): number {
    let sum = 0;
    for (let i = 0; i < classes * features; i++) {
      const w = at[i] as number;
      sum += (w * w) / 2;
      gradient[i] = w;
    }
    for (let i = classes * features; i < size; i++) gradient[i] = 0;
    const model = { classes, features, weights: at, bias: at.subarray(classes * features) };
    for (const { x, target, weight } of examples) {
      const shares = softmax(scores(model, x));
      for (let c = 0; c < classes; c++) {
        const wanted = target[c] as number;
        const got = shares[c] as number;
        if (wanted > 0) sum -= cost * weight * wanted * Math.log(Math.max(got, 1e-300));
        const slope = cost * weight * (got - wanted);
        gradient[classes * features + c] = (gradient[classes * features + c] as number) + slope;
        for (let k = 0; k < x.indices.length; k++) {
          const i = c * features + (x.indices[k] as number);
          gradient[i] = (gradient[i] as number) + slope * (x.values[k] as number);
        }
      }
    }
    return sum;
  }
}

/** The score of each class, in log-odds. */
export function scores({ classes, features, weights, bias }: Logistic, x: Sparse): number[] {
  return Array.from({ length: classes }, (_, c) => {
    let sum = bias[c] as number;
    for (let k = 0; k < x.indices.length; k++)
      sum += (weights[c * features + (x.indices[k] as number)] as number) * (x.values[k] as number);
    return sum;
  });
}

/** Scores as shares that sum to 1. */
export function softmax(logits: readonly number[]): number[] {
  const most = Math.max(...logits);
  const shares = logits.map((logit) => Math.exp(logit - most));
  const all = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => share / all);
}

type Objective = (at: Float64Array, gradient: Float64Array) => number;

const MEMORY = 8;

/** L-BFGS with halving steps. */
function minimise(start: Float64Array, steps: number, objective: Objective): Float64Array {
  let at = start;
  let gradient = new Float64Array(at.length);
  let value = objective(at, gradient);
  const past: { s: Float64Array; y: Float64Array; rho: number }[] = [];
  for (let step = 0; step < steps; step++) {
    const direction = descend(gradient, past);
    const slope = dot(direction, gradient);
    if (slope > -1e-9) break;
    let length = past.length === 0 ? 1 / Math.max(1, Math.sqrt(dot(gradient, gradient))) : 1;
    let next = at;
    const nextGradient = new Float64Array(at.length);
    let nextValue = Infinity;
    for (let tries = 0; tries < 30; tries++, length /= 2) {
      next = at.slice();
      addTo(next, direction, length);
      nextValue = objective(next, nextGradient);
      if (nextValue <= value + 1e-4 * length * slope) break;
    }
    if (!(nextValue < value)) break;
    const [s, y] = [next.slice(), nextGradient.slice()];
    addTo(s, at, -1);
    addTo(y, gradient, -1);
    const curve = dot(s, y);
    if (curve > 1e-12) past.push({ s, y, rho: 1 / curve });
    if (past.length > MEMORY) past.shift();
    const gained = value - nextValue;
    [at, gradient, value] = [next, nextGradient, nextValue];
    if (gained < 1e-7 * Math.abs(value)) break;
  }
  return at;
}

function descend(
  gradient: Float64Array,
  past: readonly { s: Float64Array; y: Float64Array; rho: number }[],
): Float64Array {
  const q = gradient.slice();
  const alphas = past.map(() => 0);
  for (let i = past.length - 1; i >= 0; i--) {
    const { s, y, rho } = past[i] as (typeof past)[number];
    const alpha = rho * dot(s, q);
    alphas[i] = alpha;
    addTo(q, y, -alpha);
  }
  const last = past.at(-1);
  const scale = last === undefined ? 1 : 1 / (last.rho * dot(last.y, last.y));
  for (let i = 0; i < q.length; i++) q[i] = (q[i] as number) * scale;
  for (const [i, { s, y, rho }] of past.entries()) addTo(q, s, (alphas[i] as number) - rho * dot(y, q));
  for (let i = 0; i < q.length; i++) q[i] = -(q[i] as number);
  return q;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function addTo(to: Float64Array, from: Float64Array, times: number): void {
  for (let i = 0; i < to.length; i++) to[i] = (to[i] as number) + times * (from[i] as number);
}
