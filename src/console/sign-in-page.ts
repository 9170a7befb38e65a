import { html, type Html } from './html.ts';
import { consolePage, page } from './page.ts';

/** Asks for a token, once. `next`: where the person wanted to go. */
export function signInPage(csrf: string, next: string, problem: string): string {
  const body = html`<main class="narrow">
    <h1>Sign in to Tierbell</h1>
    ${problem !== '' && html`<p class="said is-bad" role="alert">${problem}</p>`}
    <form method="post" action="/sign-in" class="stack">
      <input type="hidden" name="csrf" value="${csrf}" />
      <input type="hidden" name="next" value="${next}" />
      <label class="field">
        <span>Your token</span>
        <input name="token" type="password" required autocomplete="current-password" spellcheck="false" autofocus />
      </label>
      <button type="submit" class="big">Sign in</button>
    </form>
    <p class="quiet">
      Somebody with access to the machine makes one: <code>tierbell token create NAME --role responder</code>. This
      browser stays signed in for 12 hours, or until the token is revoked.
    </p>
  </main>`;
  return consolePage('Sign in – Tierbell', body);
}

/** Goes with a `Refresh` header, which opens the same address again, this time coming from here. */
export function bouncePage(): string {
  return page('Tierbell', html`<p>One moment. If nothing happens, load this page again.</p>`);
}

/** What cannot be shown, as a page. */
export function problemPage(title: string, detail: string): string {
  const body: Html = html`<main class="narrow">
    <h1>${title}</h1>
    <p>${detail}</p>
    <p><a href="/">All incidents</a></p>
  </main>`;
  return consolePage(`${title} – Tierbell`, body);
}
