import type { LogRecord } from '../../../src/evidence/log-store.ts';
import { groupRecords } from '../../../src/evidence/ranking/log-group.ts';
import { rankGroups } from '../../../src/evidence/ranking/rank.ts';
import { traceInText } from '../../../src/evidence/reading/trace.ts';

type Line = readonly [service: string, level: string, text: string, trace: string, at: number];
const record = ([service, level, text, trace, at]: Line): LogRecord => ({ service, level, text, trace, at, host: '' });

/** The texts of the incident, best first, against a usual time of the same lines without the new ones. */
function ranked(incident: readonly Line[], before: readonly Line[] = []): readonly string[] {
  const groups = groupRecords({
    ...{ incident: { records: incident.map(record) }, baselines: [{ records: before.map(record) }] },
    ...{ sameLength: true, at: null },
  });
  return rankGroups(groups).map(({ examples }) => examples[0]?.text ?? '');
}

/** Requests by their traces; one in ten of them fails. */
const each = (make: (trace: string, index: number) => Line): Line[] =>
  Array.from({ length: 30 }, (_, index) => make(`4bf92f35${index}`, index));
const usual = each((trace, at) => ['gateway', 'info', 'request taken', trace, at]);
const failing = usual.filter((_, index) => index % 10 === 0);

describe('requests that records share', () => {
  it('what is new in requests that fail stands before what is new elsewhere', () => {
    const news = (text: string, lines: readonly Line[]): Line[] =>
      lines.map(([, , , trace, at]) => ['stock', 'info', text, trace, at]);
    const errors = failing.map(([, , , trace, at]): Line => ['shop', 'error', 'no such host', trace, at + 1]);
    const others = usual.filter((_, index) => index % 10 === 3);
    const order = ranked(
      [...usual, ...errors, ...news('asked the replica', failing), ...news('cache is warm', others)],
      usual,
    );
    expect(order.indexOf('asked the replica')).toBeLessThan(order.indexOf('cache is warm'));
  });

  it.each([
    ['the callee', 0, 1],
    ['the caller', 1, 0],
  ])('of several failures of the same requests the first stands first: %s', (_who, callee, caller) => {
    const errors = failing.flatMap(([, , , trace, at]): Line[] => [
      ['payment', 'error', 'card refused', trace, at + callee],
      ['shop', 'error', 'order lost', trace, at + caller],
    ]);
    const [first] = ranked([...usual, ...errors], usual);
    expect(first).toBe(callee < caller ? 'card refused' : 'order lost');
  });

  it('where every request fails, or no record bears a trace, nothing is told by it', () => {
    const lines = (trace: (index: number) => string): Line[] =>
      each((_, index) => ['shop', 'error', 'no such host', trace(index), index]);
    expect(ranked(lines((index) => `4bf92f35${index}`))).toEqual(ranked(lines(() => '')));
  });
});

it.each([
  ['INFO TraceID: 88ebfbcebbbc0884eabd9178e1808940 SpanID: dd84024eb1cbced4 seat', '88ebfbcebbbc0884eabd9178e1808940'],
  ['level=info trace_id=4BF92F3577B34DA6A3CE929D0E0E4736 msg=x', '4bf92f3577b34da6a3ce929d0e0e4736'],
  ['{"traceId":"4bf92f3577b34da6","msg":', '4bf92f3577b34da6'],
  ['[dd.trace_id=6249785623524942554 dd.span_id=1] charged', '6249785623524942554'],
  ['traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', '4bf92f3577b34da6a3ce929d0e0e4736'],
  ['trace_id=00000000000000000000000000000000 startup', ''],
  ['traceId=undefined', ''],
  ['stack trace: 12345678', ''],
  ['traced idle worker 12345678', ''],
  ['', ''],
])('the trace of "%s" is "%s"', (text, trace) => {
  expect(traceInText(text)).toBe(trace);
});
