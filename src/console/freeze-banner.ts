import type { Frozen } from '../fixes/frozen.ts';
import { nameField } from './forms.ts';
import { html, type Html } from './html.ts';
import { mayApprove, type Visitor } from './visitor.ts';
import { clock } from './words.ts';

interface Freezing {
  readonly frozen: Frozen | null;
  readonly visitor: Visitor;
  readonly now: number;
}

/** Says that fixes are stopped, by whom, since when and why, with the button that allows them again; null while they run. */
export function freezeBanner({ frozen, visitor, now }: Freezing, here: string): Html | null {
  if (frozen === null) return null;
  const { by, at, reason } = frozen;
  return html`<section class="said is-bad frozen" id="frozen" aria-label="Automatic fixes are stopped">
    <p>
      <strong>All automatic fixes are stopped</strong
      >${by !== '' && html`, by ${by}`}${at > 0 && html` since ${clock(at, now)} UTC`}${reason !== '' && html`: ${reason}`}
    </p>
    ${
      mayApprove(visitor) &&
      form(visitor, '/unfreeze', here, html`<button type="submit" class="is-second">Allow fixes again</button>`)
    }
  </section>`;
}

/** The button that stops all fixes, folded away; null where they are stopped, or where the visitor may not. */
export function freezeForm({ frozen, visitor }: Freezing, here: string): Html | null {
  if (frozen !== null || !mayApprove(visitor)) return null;
  const content = html`<label class="field">
      <span>Why</span>
      <input name="reason" maxlength="500" />
    </label>
    <button type="submit">Stop all automatic fixes</button>
    <p class="quiet small">
      At once, for every incident, until somebody allows them again. What runs already ends by itself.
    </p>`;
  return html`<details class="fold" id="do-freeze">
    <summary>Stop all automatic fixes</summary>
    ${form(visitor, '/freeze', here, content)}
  </details>`;
}

function form(visitor: Visitor, action: string, here: string, content: Html): Html {
  return html`<form method="post" action="${action}" class="stack">
    <input type="hidden" name="csrf" value="${visitor.csrf}" />
    <input type="hidden" name="next" value="${here}" />
    ${visitor.name === '' && nameField('')} ${content}
  </form>`;
}
