import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from './programs.ts';

/** A folder with a `pom.xml`, and what is made in it. */
interface Project {
  readonly folder: string;
  readonly target: string;
  readonly classPathFile: string;
  readonly digestFile: string;
  readonly lockFile: string;
}

function projectIn(name: string): Project {
  const folder = join(dirname(fileURLToPath(import.meta.url)), name);
  const target = join(folder, 'target');
  const [classPathFile, digestFile] = [join(target, 'classpath.txt'), join(target, 'built-from.sha256')];
  return { folder, target, classPathFile, digestFile, lockFile: join(target, 'build.lock') };
}

const BUILD_LIMIT_MS = 10 * 60_000;

export type Built = { readonly ok: true; readonly classPath: string } | { readonly ok: false; readonly reason: string };

/**
 * The class path of the test's Elasticsearch; builds it with Maven where that has not been done yet.
 * Blocks, a minute at the first time, so that a test file knows before it names its tests whether they can run.
 * Two test processes at once: the second waits for the first.
 */
export function buildElasticsearch(): Built {
  return buildServer(projectIn('elasticsearch'));
}

/** As {@link buildElasticsearch}, for OpenSearch. */
export function buildOpensearch(): Built {
  return buildServer(projectIn('opensearch'));
}

function buildServer(project: Project): Built {
  const built = alreadyBuilt(project);
  if (built !== null) return built;
  const maven = findProgram('mvn');
  if (maven === null) return { ok: false, reason: 'Maven (mvn), which puts it together, is not installed' };
  if (findProgram('javac') === null)
    return { ok: false, reason: 'there is a Java but no compiler (javac): install a JDK' };
  const unlock = lock(project);
  try {
    return alreadyBuilt(project) ?? build(project, maven);
  } finally {
    unlock();
  }
}

function alreadyBuilt(project: Project): Built | null {
  const { target, classPathFile, digestFile } = project;
  if (!existsSync(digestFile) || readFileSync(digestFile, 'utf8') !== digestOfSources(project)) return null;
  const jars = readFileSync(classPathFile, 'utf8').trim();
  if (!jars.split(delimiter).every((jar) => existsSync(jar))) return null;
  return { ok: true, classPath: [join(target, 'classes'), jars].join(delimiter) };
}

function build(project: Project, maven: string): Built {
  const { folder, classPathFile, digestFile } = project;
  const digest = digestOfSources(project);
  rmSync(digestFile, { force: true });
  const run = spawnSync(
    maven,
    ['-B', '-q', 'compile', 'dependency:build-classpath', `-Dmdep.outputFile=${classPathFile}`],
    { cwd: folder, encoding: 'utf8', timeout: BUILD_LIMIT_MS, maxBuffer: 64 * 1024 * 1024 },
  );
  if (run.status !== 0) {
    const lines = `${run.stdout}${run.stderr}`.split('\n').filter((line) => line.includes('ERROR'));
    const why = run.error?.message ?? lines[0]?.trim() ?? `exit status ${run.status}`;
    return { ok: false, reason: `Maven could not build it: ${why.slice(0, 500)}` };
  }
  writeFileSync(digestFile, digest);
  return alreadyBuilt(project) ?? { ok: false, reason: 'Maven built it, but jars of its class path are missing' };
}

function digestOfSources({ folder }: Project): string {
  const hash = createHash('sha256').update(readFileSync(join(folder, 'pom.xml')));
  const names = readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' });
  for (const name of names.filter((name) => name.endsWith('.java')).sort()) {
    hash.update(name).update(readFileSync(join(folder, 'src', name)));
  }
  return hash.digest('hex');
}

/** A file with our process id; that of a process that has gone counts for nothing. */
function lock({ target, lockFile }: Project): () => void {
  mkdirSync(target, { recursive: true });
  const until = performance.now() + BUILD_LIMIT_MS;
  for (;;) {
    try {
      writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
      return () => rmSync(lockFile, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (performance.now() > until || !holderLives(lockFile)) rmSync(lockFile, { force: true });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
}

function holderLives(lockFile: string): boolean {
  try {
    const pid = Number(readFileSync(lockFile, 'utf8'));
    if (pid === 0) return true; // just being written
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
