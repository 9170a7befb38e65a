import { ICON, SCRIPT, STYLE } from './assets.ts';
import { html, type Html } from './html.ts';

/** A whole page of one column, without a script: what a link in a mail opens. */
export function page(title: string, body: Html): string {
  return wholePage(title, html`<main class="narrow">${body}</main>`, null);
}

/** A page of the console, with the script that keeps it fresh. */
export function consolePage(title: string, body: Html): string {
  return wholePage(title, body, html`<script type="module" src="${SCRIPT.path}"></script>`);
}

function wholePage(title: string, body: Html, script: Html | null): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="${ICON.path}" />
        <link rel="stylesheet" href="${STYLE.path}" />
        ${script}
      </head>
      <body>
        ${body}
      </body>
    </html> `.text;
}
