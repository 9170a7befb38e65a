export interface Instruction {
  /** `RUN`, `COPY` … */
  readonly name: string;
  /** What stands behind it, on one line. */
  readonly text: string;
  /** The same as words; of a JSON list its items. */
  readonly words: readonly string[];
}

export interface Stage {
  /** The base image. */
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

/** Reads the part of the Dockerfile language that ours uses: comments, continued lines, lists in JSON, stages. */
export function readDockerfile(source: string): Stage[] {
  const lines = source
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n');
  const stages: { base: string; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [, name = '', text = ''] = /^([A-Z]+)\s+(.+)$/.exec(line.trim()) ?? [];
    if (name === 'FROM') stages.push({ base: text.split(' ')[0] ?? '', instructions: [] });
    else if (name !== '') stages.at(-1)?.instructions.push({ name, text, words: wordsOf(text) });
  }
  return stages;
}

function wordsOf(text: string): string[] {
  return text.startsWith('[') ? (JSON.parse(text) as string[]) : text.split(/\s+/);
}
