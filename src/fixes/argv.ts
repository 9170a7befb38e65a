import { blanksOf, fillTemplate, templateProblem } from '../domain/template.ts';

/**
 * Programs that hand their arguments to a shell (here or on another host), or start another program by name.
 * Where one of them stands in an argv, values are held to {@link SHELL_SAFE} whatever their pattern allows.
 */
const SHELLS = new Set(
  (
    'sh bash dash ash zsh ksh mksh csh tcsh fish busybox toybox pwsh powershell su sudo doas runuser env eval xargs ' +
    'parallel script watch ssh slogin rsh dbclient plink autossh mosh pdsh clush pssh parallel-ssh ansible salt'
  ).split(' '),
);

/** Nothing in it is special to a POSIX shell, csh, zsh or fish, quoted or not, nor can it be taken for an option. */
const SHELL_SAFE = /^[\p{L}\p{N}_./@:][\p{L}\p{N}_./@:%+,=-]*$/u;

/**
 * Fills an argv element by element, so that a value can never become an element of its own.
 * Refused besides: a value that would stand as an option before `--`, and what a shell would not take literally.
 */
export function renderArgv(
  template: readonly string[],
  values: ReadonlyMap<string, string>,
): { argv: string[]; reasons: string[] } {
  const reasons = argvProblems(template, new Set(values.keys()));
  const used = new Set(template.flatMap(blanksOf));
  const shell = shellIn(template);
  for (const name of used) {
    const value = values.get(name);
    if (shell === null || value === undefined || SHELL_SAFE.test(value)) continue;
    reasons.push(
      `parameter ${name}: ${JSON.stringify(value)} holds characters that a shell may act upon, and ${shell} passes its arguments to one; only letters, digits and _./@:%+,=- may stand there`,
    );
  }
  const argv = template.map((element) => fillTemplate(element, (name) => values.get(name)).text);
  return { argv, reasons: [...reasons, ...optionsIn(template, argv)] };
}

/** What is wrong with an argv as it is written, in sentences. */
export function argvProblems(template: readonly string[], declared: ReadonlySet<string>): string[] {
  const problems: string[] = [];
  const [program = ''] = template;
  if (!program.startsWith('/') || program.includes('{{'))
    problems.push(
      `action.argv must begin with the absolute path of a program, without blanks, not ${JSON.stringify(program)}`,
    );
  for (const element of template) {
    const unknown = blanksOf(element).filter((name) => !declared.has(name));
    if (unknown.length > 0)
      problems.push(`action.argv names ${unknown.join(', ')}, which action.parameters does not declare`);
    const odd = templateProblem(element);
    if (odd !== null) problems.push(`action.argv: ${JSON.stringify(element)}: ${odd}`);
    if (element.includes('\0')) problems.push('action.argv holds a NUL character');
  }
  for (const element of beforeValues(template))
    if (/^-+\{\{/.test(element))
      problems.push(
        `action.argv: ${JSON.stringify(element)} would let an alert choose an option; write the option's name`,
      );
  return problems;
}

/** A value at the very start of an argument may be an option only after `--`. */
function optionsIn(template: readonly string[], argv: readonly string[]): string[] {
  return beforeValues(template).flatMap((element, index) =>
    element.startsWith('{{') && argv[index]?.startsWith('-') === true
      ? [
          `action.argv: ${JSON.stringify(element)} became ${JSON.stringify(argv[index])}, which the program would take for an option; put "--" before it or tighten the pattern`,
        ]
      : [],
  );
}

function beforeValues(template: readonly string[]): readonly string[] {
  const end = template.indexOf('--');
  return end < 0 ? template : template.slice(0, end);
}

function shellIn(template: readonly string[]): string | null {
  const words = template.filter((element) => !element.includes('{{'));
  return words.find((word) => SHELLS.has(word.slice(word.lastIndexOf('/') + 1))) ?? null;
}
