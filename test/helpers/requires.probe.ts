/** Run by requires.test.ts through a jest of its own, on a PATH with and without a Prometheus. */
import { describeWith } from './requires.ts';

describeWith('prometheus', 'a story', () => {
  it('is told', () => undefined);
});
