/**
 * Jest reporter: names each test that was skipped, and why, at the very end. With CI=true a skipped test fails the run.
 * Plain JavaScript, because jest loads reporters without its transforms.
 */
export default class SkipReporter {
  #skipped = 0;
  #filtered;

  /** @param {import('@jest/types').Config.GlobalConfig} settings */
  constructor(settings) {
    this.#filtered = Boolean(settings.testNamePattern); // then all others count as skipped, on purpose
  }

  /**
   * @param {unknown} _contexts
   * @param {import('@jest/test-result').AggregatedResult} results
   */
  onRunComplete(_contexts, results) {
    if (this.#filtered) return;
    const tests = results.testResults.flatMap((file) => file.testResults);
    const skipped = tests.filter((test) => test.status === 'pending' || test.status === 'todo');
    this.#skipped = skipped.length;
    if (skipped.length === 0) return;
    const names = skipped.map((test) => `  ${[...test.ancestorTitles, test.title].join(' › ')}`);
    process.stderr.write(`\nSkipped (${skipped.length}):\n${names.join('\n')}\n`);
  }

  getLastError() {
    if (this.#skipped > 0 && process.env['CI'] === 'true') {
      return new Error(`CI=true skips nothing, but ${this.#skipped} tests were skipped`);
    }
    return undefined;
  }
}
