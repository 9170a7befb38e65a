import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../../../src/store/make-folder.ts';
import { stopEverything, temporaryFolder } from '../../servers/cleanup.ts';

afterAll(stopEverything);
const root = temporaryFolder('made').path;
writeFileSync(join(root, 'file'), '');
symlinkSync('loop', join(root, 'loop'));
symlinkSync('nowhere', join(root, 'dangling'));
mkdirSync(join(root, 'there'));
symlinkSync('there', join(root, 'link'));

describe('the folder of the store', () => {
  it.each(['new', 'new/below/below', 'there', 'link', 'link/below'])('is made, or taken as it is: %s', (name) => {
    makeFolder(join(root, name));
    expect(statSync(join(root, name)).isDirectory()).toBe(true);
  });

  it.each([
    ['it is a file', 'file'],
    ['a part of it is a file', 'file/below'],
    ['a link in it leads back to itself', 'loop'],
    ['its name is too long', 'a'.repeat(300)],
    ['nothing can be made there', '/proc/nowhere'],
  ])('that cannot be used is told in a sentence with the next step: %s', (why, name) => {
    const path = name.startsWith('/') ? name : join(root, name);
    expect(() => makeFolder(path)).toThrow(
      `the folder of the store ${path} cannot be used: ${why}; name another with --storage.path, or make it for this user`,
    );
  });

  it('behind a link to nothing says so at once', () => {
    expect(() => makeFolder(join(root, 'dangling'))).toThrow(/cannot be used: .*; name another with --storage\.path/);
  });
});
