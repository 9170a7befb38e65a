import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from './programs.ts';

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), 'elasticsearch');
const TARGET = join(FOLDER, 'target');
const CLASS_PATH_FILE = join(TARGET, 'classpath.txt');
const DIGEST_FILE = join(TARGET, 'built-from.sha256');
const LOCK_FILE = join(TARGET, 'build.lock');
const BUILD_LIMIT_MS = 10 * 60_000;

export type Built = { readonly ok: true; readonly classPath: string } | { readonly ok: false; readonly reason: string };

/**
 * The class path of the test's Elasticsearch; builds it with Maven where that has not been done yet.
 * Blocks, a minute at the first time, so that a test file knows before it names its tests whether they can run.
 * Two test processes at once: the second waits for the first.
 */
export function buildElasticsearch(): Built {
  const built = alreadyBuilt();
  if (built !== null) return built;
  const maven = findProgram('mvn');
  if (maven === null) return { ok: false, reason: 'Maven (mvn), which puts it together, is not installed' };
  if (findProgram('javac') === null)
    return { ok: false, reason: 'there is a Java but no compiler (javac): install a JDK' };
  const unlock = lock();
  try {
    return alreadyBuilt() ?? build(maven);
  } finally {
    unlock();
  }
}

function alreadyBuilt(): Built | null {
  if (!existsSync(DIGEST_FILE) || readFileSync(DIGEST_FILE, 'utf8') !== digestOfSources()) return null;
  const jars = readFileSync(CLASS_PATH_FILE, 'utf8').trim();
  if (!jars.split(delimiter).every((jar) => existsSync(jar))) return null;
  return { ok: true, classPath: [join(TARGET, 'classes'), jars].join(delimiter) };
}

function build(maven: string): Built {
  const digest = digestOfSources();
  rmSync(DIGEST_FILE, { force: true });
  const run = spawnSync(
    maven,
    ['-B', '-q', 'compile', 'dependency:build-classpath', `-Dmdep.outputFile=${CLASS_PATH_FILE}`],
    { cwd: FOLDER, encoding: 'utf8', timeout: BUILD_LIMIT_MS, maxBuffer: 64 * 1024 * 1024 },
  );
  if (run.status !== 0) {
    const lines = `${run.stdout}${run.stderr}`.split('\n').filter((line) => line.includes('ERROR'));
    const why = run.error?.message ?? lines[0]?.trim() ?? `exit status ${run.status}`;
    return { ok: false, reason: `Maven could not build it: ${why.slice(0, 500)}` };
  }
  writeFileSync(DIGEST_FILE, digest);
  return alreadyBuilt() ?? { ok: false, reason: 'Maven built it, but jars of its class path are missing' };
}

function digestOfSources(): string {
  const hash = createHash('sha256').update(readFileSync(join(FOLDER, 'pom.xml')));
  const names = readdirSync(join(FOLDER, 'src'), { recursive: true, encoding: 'utf8' });
  for (const name of names.filter((name) => name.endsWith('.java')).sort()) {
    hash.update(name).update(readFileSync(join(FOLDER, 'src', name)));
  }
  return hash.digest('hex');
}

/** A file with our process id; that of a process that has gone counts for nothing. */
function lock(): () => void {
  mkdirSync(TARGET, { recursive: true });
  const until = performance.now() + BUILD_LIMIT_MS;
  for (;;) {
    try {
      writeFileSync(LOCK_FILE, String(process.pid), { flag: 'wx' });
      return () => rmSync(LOCK_FILE, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (performance.now() > until || !holderLives()) rmSync(LOCK_FILE, { force: true });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
}

function holderLives(): boolean {
  try {
    const pid = Number(readFileSync(LOCK_FILE, 'utf8'));
    if (pid === 0) return true; // just being written
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
