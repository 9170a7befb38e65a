import { html, type Html } from './html.ts';
import type { Visitor } from './visitor.ts';

/** What was typed into a form that could not be carried out: the form comes back with it. */
export interface KeptForm {
  readonly verb: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** What every form of an incident's page needs. */
export interface FormContext {
  /** `INC-7`. */
  readonly id: string;
  readonly visitor: Visitor;
  readonly kept: KeptForm | null;
}

/** A form that does one verb. Without a known name it asks for one, for the record. */
export function verbForm(context: FormContext, verb: string, kind: string, content: Html): Html {
  const { id, visitor } = context;
  return html`<form method="post" action="/incidents/${id}/${verb}" class="${kind}" data-verb="${verb}">
    <input type="hidden" name="csrf" value="${visitor.csrf}" />
    ${visitor.name === '' && nameField(keptOf(context, verb, 'by'))} ${content}
  </form>`;
}

/** A form behind its own line: opened where it is wanted, or where it came back. */
export function foldedForm(context: FormContext, verb: string, title: string, content: Html): Html {
  const open = context.kept?.verb === verb;
  return html`<details class="fold" id="do-${verb}" ${open && html`open`}>
    <summary>${title}</summary>
    ${verbForm(context, verb, 'stack', content)}
  </details>`;
}

export function nameField(value: string): Html {
  return html`<label class="field">
    <span>Your name, for the record</span>
    <input name="by" value="${value}" required maxlength="128" autocomplete="nickname" spellcheck="false" />
  </label>`;
}

export function keptOf({ kept }: FormContext, verb: string, field: string): string {
  return kept !== null && kept.verb === verb && Object.hasOwn(kept.fields, field) ? (kept.fields[field] ?? '') : '';
}

export function lineField(context: FormContext, verb: string, name: string, title: string): Html {
  return html`<label class="field">
    <span>${title}</span>
    <input name="${name}" value="${keptOf(context, verb, name)}" maxlength="4000" />
  </label>`;
}

export interface TextOptions {
  readonly required?: boolean;
  readonly rows?: number;
  /** What stands there before anybody types. */
  readonly present?: string;
}

export function textField(
  context: FormContext,
  verb: string,
  name: string,
  title: string,
  options: TextOptions = {},
): Html {
  const { required = false, rows = 2, present = '' } = options;
  const value = keptOf(context, verb, name) || present;
  return html`<label class="field">
    <span>${title}</span>
    <textarea name="${name}" rows="${rows}" maxlength="16000" ${required && html`required`}>${leading(value)}</textarea>
  </label>`;
}

/** A browser drops the first line feed of a text area. */
function leading(value: string): string {
  return value.startsWith('\n') ? `\n${value}` : value;
}

export function choiceField(
  name: string,
  title: string,
  choices: readonly (readonly [value: string, text: string])[],
  chosen: string,
): Html {
  return html`<label class="field">
    <span>${title}</span>
    <select name="${name}">
      ${choices.map(
        ([value, text]) => html`<option value="${value}" ${value === chosen && html`selected`}>${text}</option>`,
      )}
    </select>
  </label>`;
}
