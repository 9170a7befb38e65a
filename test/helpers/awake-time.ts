const LOOK_EVERY_MS = 100;
/** Virtual machines are held for half a minute at times, with all that is in them. */
const STILL_MS = 1_000;

/**
 * Milliseconds from now on, without the times at which the machine stood still: for bounds on how long something takes.
 * @returns how many have gone by
 */
export function countAwakeMs(): () => number {
  let [counted, last] = [0, performance.now()];
  const count = (): number => {
    const now = performance.now();
    counted += Math.min(now - last, STILL_MS);
    last = now;
    return counted;
  };
  setInterval(count, LOOK_EVERY_MS).unref();
  return count;
}
