/** The style sheet of all pages: one column on a phone, system fonts, light and dark. */
export const STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); --accent: #0b62c4; --quiet: color-mix(in srgb, currentColor 68%, transparent); }
@media (prefers-color-scheme: dark) { :root { --accent: #7ab7ff; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 44rem; margin: 0 auto; padding: 1.25rem 1rem 3rem; }
h1 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 .25rem; overflow-wrap: anywhere; }
.id { font-weight: 600; color: var(--quiet); margin: 0 0 .25rem; }
.state { display: inline-block; border: 1px solid var(--line); border-radius: 1rem; padding: .05rem .7rem; font-size: .9rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1rem; margin: 1rem 0; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
form { margin: 1.5rem 0; }
button { font: inherit; font-weight: 600; width: 100%; max-width: 24rem; min-height: 3rem; border: 0; border-radius: .5rem; background: var(--accent); color: Canvas; cursor: pointer; }
button:focus-visible, a:focus-visible { outline: 3px solid currentColor; outline-offset: 2px; }
.note { border-left: 4px solid var(--accent); padding: .5rem .75rem; margin: 1rem 0; }
pre { overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; padding: .75rem; font-size: .85rem; }
`;
