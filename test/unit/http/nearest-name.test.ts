import { nearestName } from '../../../src/http/nearest-name.ts';

it.each([
  ['alertmanger', 'alertmanager'],
  ['Alertmanager', 'alertmanager'],
  ['grafan', 'grafana'],
  ['something-else', null],
  ['x'.repeat(10_000), null],
  ['', null],
])('for %s the name %s is offered', (written, expected) => {
  expect(nearestName(written, ['grafana', 'alertmanager'])).toBe(expected);
});
