import { atPointer, isJsonPointer } from '../../../src/domain/json-pointer.ts';

/** The examples of RFC 6901, section 5, and what must lead nowhere. */
const DOCUMENT = {
  foo: ['bar', 'baz'],
  '': 0,
  'a/b': 1,
  'c%d': 2,
  'e^f': 3,
  'g|h': 4,
  'i\\j': 5,
  'k"l': 6,
  ' ': 7,
  'm~n': 8,
};

it.each([
  ['', DOCUMENT],
  ['/foo', ['bar', 'baz']],
  ['/foo/0', 'bar'],
  ['/', 0],
  ['/a~1b', 1],
  ['/c%d', 2],
  ['/e^f', 3],
  ['/g|h', 4],
  ['/i\\j', 5],
  ['/k"l', 6],
  ['/ ', 7],
  ['/m~0n', 8],
  ['/foo/2', undefined],
  ['/foo/01', undefined],
  ['/foo/-', undefined],
  ['/foo/length', undefined],
  ['/foo/0/0', undefined],
  ['/constructor', undefined],
  ['/__proto__', undefined],
  ['/none/at/all', undefined],
])('%j names %j', (pointer, expected) => {
  expect(isJsonPointer(pointer)).toBe(true);
  expect(atPointer(DOCUMENT, pointer)).toEqual(expected);
});

it.each(['foo', 'foo/bar', '#/foo', '/a~b', '/a~2', '$.foo'])('%s is no pointer', (text) => {
  expect(isJsonPointer(text)).toBe(false);
});
