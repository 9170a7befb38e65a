import { html, type Html } from './html.ts';
import { consolePage } from './page.ts';
import type { Visitor } from './visitor.ts';
import { ENTRY_TYPES, FIX_CONTROLS } from '../domain/entry.ts';

/** What was done, or why it was not; said once, at the top. */
export interface Said {
  readonly text: string;
  readonly bad: boolean;
  /** What the person had typed, where it could not be carried out. */
  readonly typed?: string;
}

export interface ShellOptions {
  readonly title: string;
  readonly visitor: Visitor;
  readonly now: number;
  readonly said: Said | null;
  /** The address of this page, for forms that come back to it. */
  readonly here: string;
  /** What the stream must say for the page to be read anew: one incident, or '' for all. */
  readonly follows: string;
  readonly content: Html;
}

/** A page of the console with its header. `main` is what the script keeps fresh. */
export function shell({ title, visitor, now, said, here, follows, content }: ShellOptions): string {
  const body = html`<a class="skip" href="#main">To the content</a>
    <header class="top">
      <a class="brand" href="/" title="All incidents">Tierbell</a>
      <p class="link-state" id="link-state" hidden></p>
      ${whoAmI(visitor, here)}
      <button type="button" class="plain" id="help-open" hidden aria-keyshortcuts="?">Keys</button>
    </header>
    <div id="announce" class="unseen" role="status" aria-live="polite"></div>
    <main
      id="main"
      tabindex="-1"
      data-now="${now}"
      data-follows="${follows}"
      data-stream="/api/v1/stream"
      data-events="${[...Object.keys(ENTRY_TYPES), ...FIX_CONTROLS].join(' ')}"
    >
      <div id="said">${said !== null && saidLine(said)}</div>
      ${content}
    </main>
    ${HELP}`;
  return consolePage(title, body);
}

function saidLine({ text, bad, typed = '' }: Said): Html {
  return html`<p class="said ${bad && 'is-bad'}" role="${bad ? 'alert' : 'status'}">
    ${text}${typed !== '' && html`<br />You wrote: ${typed}`}
  </p>`;
}

function whoAmI({ name, role, csrf }: Visitor, here: string): Html {
  if (role !== null)
    return html`<form method="post" action="/sign-out" class="who">
      <input type="hidden" name="csrf" value="${csrf}" />
      <span>${name} <span class="quiet">(${role})</span></span>
      <button type="submit" class="plain">Sign out</button>
    </form>`;
  return html`<details class="who" id="who">
    <summary>${name === '' ? 'Say who you are' : name}</summary>
    <form method="post" action="/name" class="stack">
      <input type="hidden" name="csrf" value="${csrf}" />
      <input type="hidden" name="next" value="${here}" />
      <label class="field">
        <span>Your name, for the record</span>
        <input name="by" value="${name}" required maxlength="128" autocomplete="nickname" spellcheck="false" />
      </label>
      <button type="submit">Keep it in this browser</button>
    </form>
  </details>`;
}

const KEYS = [
  ['j', 'next'],
  ['k', 'the one before'],
  ['Enter', 'open it'],
  ['a', 'acknowledge it'],
  ['n', 'write a note (on an incident)'],
  ['u', 'back to the list'],
  ['/', 'search'],
  ['?', 'these keys'],
  ['Esc', 'close, or leave a field'],
] as const;

const HELP = html`<dialog id="help" aria-labelledby="help-title">
  <h2 id="help-title">Keys</h2>
  <dl class="keys">
    ${KEYS.map(
      ([key, does]) =>
        html`<dt><kbd>${key}</kbd></dt>
          <dd>${does}</dd>`,
    )}
  </dl>
  <p>
    <label><input type="checkbox" id="keys-on" checked /> Single keys work on these pages</label>
  </p>
  <form method="dialog"><button>Close</button></form>
</dialog>`;
