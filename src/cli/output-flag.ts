import { Option } from 'commander';
import { CliError } from './terminal.ts';

/** `-o` of a verb; the first form is the default. A form that is none is wrong usage. */
export function outputFlag(forms: readonly [string, ...string[]], what = ''): Option {
  const spoken = `${forms.slice(0, -1).join(', ')} or ${forms.at(-1) ?? ''}`;
  return new Option('-o, --output <form>', `${spoken}${what}`).default(forms[0]).argParser((form: string) => {
    if (!forms.includes(form)) throw new CliError(`--output: found ${form}, allowed is ${spoken}`, 2);
    return form;
  });
}
