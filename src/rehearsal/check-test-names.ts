import type { Finding, Problem } from '../config/problem.ts';
import { speakValue } from '../config/secrecy.ts';
import type { YamlFile } from '../config/yaml-file.ts';
import { didYouMean } from '../domain/nearest.ts';
import type { Stage } from './stage.ts';
import type { TestCase, TestEvent } from './test-file.ts';

/** Names in tests that the configuration does not have: `not_notified: [l2-slck]` would pass for ever. */
export function checkTestNames(file: YamlFile, tests: readonly TestCase[], { config, fixes }: Stage): Problem[] {
  const known = {
    source: config.sources.map(({ name }) => name),
    channel: config.channels.map(({ name }) => name),
    'known fix': fixes.map(({ fix }) => fix.id),
  };
  return tests.flatMap((test, index) =>
    namesIn(test).flatMap(({ what, name, path, at }) => {
      const names: readonly string[] = known[what];
      if (names.includes(name)) return [];
      const allowed = names.length === 0 ? `none: there is no ${what}` : names.join(', ');
      const hint = didYouMean(name, names);
      const finding: Finding = {
        path: ['tests', index, ...path],
        message: `no such ${what}`,
        found: speakValue(name),
        allowed,
        hint,
      };
      const problem = file.problem(at === undefined ? finding : { ...finding, at });
      return problem === null ? [] : [problem];
    }),
  );
}

interface Named {
  readonly what: 'source' | 'channel' | 'known fix';
  readonly name: string;
  /** Within the test. */
  readonly path: readonly (string | number)[];
  readonly at?: 'key';
}

function namesIn({ events, fixes, expect }: TestCase): Named[] {
  return [
    ...events.flatMap(namedByEvent),
    ...Object.keys(fixes).map((name): Named => ({ what: 'known fix', name, path: ['fixes', name], at: 'key' })),
    ...expect.flatMap(({ notified = [], not_notified = [], fix }, index): Named[] => {
      const told = (key: string, names: readonly string[]): Named[] =>
        names.map((name, number) => ({ what: 'channel', name, path: ['expect', index, key, number] }));
      const expected = fix === undefined || fix === 'none' ? [] : [fix.id];
      return [
        ...told('notified', notified),
        ...told('not_notified', not_notified),
        ...expected.map((name): Named => ({ what: 'known fix', name, path: ['expect', index, 'fix', 'id'] })),
      ];
    }),
  ];
}

function namedByEvent(event: TestEvent, index: number): Named[] {
  if ('run' in event) return [{ what: 'known fix', name: event.run.fix, path: ['events', index, 'run', 'fix'] }];
  if (!('source' in event) || event.source === undefined) return [];
  return [{ what: 'source', name: event.source, path: ['events', index, 'source'] }];
}
