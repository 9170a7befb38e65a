import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findJava, findProgram } from './programs.ts';

/** A folder with a `pom.xml`, and what is made in it. */
interface Project {
  readonly folder: string;
  /** With its sources. */
  readonly sources: string;
  /** Of Java, to build and to run it. */
  readonly release: number;
  readonly target: string;
  readonly classPathFile: string;
  readonly digestFile: string;
  readonly lockFile: string;
}

function projectIn(name: string, { sources = name, release = 17 } = {}): Project {
  const servers = dirname(fileURLToPath(import.meta.url));
  const folder = join(servers, name);
  const target = join(folder, 'target');
  const [classPathFile, digestFile] = [join(target, 'classpath.txt'), join(target, 'built-from.sha256')];
  const where = { folder, sources: join(servers, sources, 'src'), release };
  return { ...where, target, classPathFile, digestFile, lockFile: join(target, 'build.lock') };
}

const BUILD_LIMIT_MS = 10 * 60_000;

export type Built =
  | { readonly ok: true; readonly classPath: string; readonly java: string }
  | { readonly ok: false; readonly reason: string };

/** The major versions of Elasticsearch that the tests start; accounts are known to 8 only. */
export type ElasticsearchMajor = 7 | 8 | 9;

const ELASTICSEARCH: Readonly<Record<ElasticsearchMajor, Project>> = {
  7: projectIn('elasticsearch7'),
  8: projectIn('elasticsearch'),
  9: projectIn('elasticsearch9', { sources: 'elasticsearch', release: 21 }),
};

/**
 * The class path of the test's Elasticsearch; builds it with Maven where that has not been done yet.
 * Blocks, a minute at the first time, so that a test file knows before it names its tests whether they can run.
 * Two test processes at once: the second waits for the first.
 */
export function buildElasticsearch(major: ElasticsearchMajor = 8): Built {
  return buildServer(ELASTICSEARCH[major]);
}

/** As {@link buildElasticsearch}, for OpenSearch. */
export function buildOpensearch(): Built {
  return buildServer(projectIn('opensearch'));
}

function buildServer(project: Project): Built {
  const java = findJava(project.release);
  if (java === null)
    return {
      ok: false,
      reason: `there is no Java of ${project.release} or later (apt-get install openjdk-${project.release}-jdk-headless maven)`,
    };
  const built = alreadyBuilt(project, java);
  if (built !== null) return built;
  const maven = findProgram('mvn');
  if (maven === null) return { ok: false, reason: 'Maven (mvn), which puts it together, is not installed' };
  if (!existsSync(join(dirname(java), 'javac')) && findProgram('javac') === null)
    return { ok: false, reason: 'there is a Java but no compiler (javac): install a JDK' };
  const unlock = lock(project);
  try {
    return alreadyBuilt(project, java) ?? build(project, maven, java);
  } finally {
    unlock();
  }
}

function alreadyBuilt(project: Project, java: string): Built | null {
  const { target, classPathFile, digestFile } = project;
  if (!existsSync(digestFile) || readFileSync(digestFile, 'utf8') !== digestOfSources(project)) return null;
  const jars = readFileSync(classPathFile, 'utf8').trim();
  if (!jars.split(delimiter).every((jar) => existsSync(jar))) return null;
  return { ok: true, java, classPath: [join(target, 'classes'), jars].join(delimiter) };
}

function build(project: Project, maven: string, java: string): Built {
  const { folder, classPathFile, digestFile } = project;
  const digest = digestOfSources(project);
  rmSync(digestFile, { force: true });
  const run = spawnSync(
    maven,
    ['-B', '-q', 'compile', 'dependency:build-classpath', `-Dmdep.outputFile=${classPathFile}`],
    {
      cwd: folder,
      env: { ...process.env, ...homeOf(java) },
      encoding: 'utf8',
      timeout: BUILD_LIMIT_MS,
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  if (run.status !== 0) {
    const lines = `${run.stdout}${run.stderr}`.split('\n').filter((line) => line.includes('ERROR'));
    const why = run.error?.message ?? lines[0]?.trim() ?? `exit status ${run.status}`;
    return { ok: false, reason: `Maven could not build it: ${why.slice(0, 500)}` };
  }
  writeFileSync(digestFile, digest);
  return alreadyBuilt(project, java) ?? { ok: false, reason: 'Maven built it, but jars of its class path are missing' };
}

/** Maven compiles with the Java of this home. */
function homeOf(java: string): { readonly JAVA_HOME?: string } {
  const real = realpathSync(java);
  return existsSync(join(dirname(real), 'javac')) ? { JAVA_HOME: dirname(dirname(real)) } : {};
}

function digestOfSources({ folder, sources }: Project): string {
  const hash = createHash('sha256').update(readFileSync(join(folder, 'pom.xml')));
  const names = readdirSync(sources, { recursive: true, encoding: 'utf8' });
  for (const name of names.filter((name) => name.endsWith('.java')).sort()) {
    hash.update(name).update(readFileSync(join(sources, name)));
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
