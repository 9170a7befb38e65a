import type { Attempt, Incident } from '../domain/incident.ts';
import { ATTEMPT_SENTENCES } from '../domain/sentences.ts';
import type { FilledStep } from '../incidents/procedure.ts';
import { choiceField, foldedForm, keptOf, lineField, verbForm, type FormContext } from './forms.ts';
import { html, type Html } from './html.ts';
import type { IncidentPageOptions } from './incident-page.ts';
import type { OfferedFix, RestingFix } from './offered-fixes.ts';
import { mayApprove } from './visitor.ts';
import { age, badge, categoryTitle, clock, outwardLink } from './words.ts';

const METHODS = { rule: 'by rules', model: 'by the model', person: 'by a person' } as const;

/** The category with its grounds. */
export function categorySection({ classification }: Incident): Html {
  const { category, confidence, method, reasons, alternatives } = classification;
  // What would read "0 %" is no alternative.
  const others = alternatives.filter((other) => Math.round(other.confidence * 100) > 0);
  return html`<section id="category" aria-labelledby="category-title">
    <h2 id="category-title" tabindex="-1">Category</h2>
    <p>
      <strong>${categoryTitle(category)}</strong>
      <span class="quiet">${percent(confidence)} sure, ${METHODS[method]}</span>
    </p>
    ${category === 'unclassified' && html`<p>The rules cannot tell. Please decide: see "Change the category".</p>`}
    ${
      reasons.length > 0 &&
      html`<ul class="reasons">
        ${reasons.map((reason) => html`<li>${reason}</li>`)}
      </ul>`
    }
    ${
      others.length > 0 &&
      html`<p class="quiet">
        Or:
        ${others.map((other, index) => html`${index > 0 && ', '}${categoryTitle(other.category)} (${percent(other.confidence)})`)}
      </p>`
    }
  </section>`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Runs of known fixes, or why there was none. */
export function fixSection({ incident, runnable, resting, now }: IncidentPageOptions, context: FormContext): Html {
  const { attempts } = incident;
  return html`<section id="fixes" aria-labelledby="fixes-title">
    <h2 id="fixes-title" tabindex="-1">Known fixes</h2>
    ${attempts.length === 0 ? html`<p class="empty">None was tried.</p>` : attempts.toReversed().map((one) => attempt(one, now, context))}
    ${mayApprove(context.visitor) && html`${resting.map((one) => reset(one, context))} ${runnable.length > 0 && runForm(runnable, context)}`}
  </section>`;
}

/** A fix whose breaker is open rests until a person says that its cause was mended. */
function reset({ id, title, failures }: RestingFix, context: FormContext): Html {
  const verb = `fixes/${encodeURIComponent(id)}/reset`;
  const content = html`<p>${title} (${id}) rests, as it failed ${failures} times in a row.</p>
    ${lineField(context, verb, 'reason', 'What was mended')}
    <button type="submit" class="is-second">Let it run again</button>`;
  return foldedForm(context, verb, `Reset the breaker of ${id}`, content);
}

/** One that nobody tried here yet; every guard applies, and in mode dry_run it only says what it would do. */
function runForm(runnable: readonly OfferedFix[], context: FormContext): Html {
  const choices = runnable.map(
    ({ id, title, mode }) => [id, mode === 'dry_run' ? `${title} (dry run)` : title] as const,
  );
  const content = html`${choiceField('fix', 'Which', choices, keptOf(context, 'run-fix', 'fix'))}
    ${lineField(context, 'run-fix', 'reason', 'Why')}
    <button type="submit">Run it now, under every guard</button>
    <p class="quiet small">
      Your word is the approval, and it is on record. One in dry run only says what it would do.
    </p>`;
  return foldedForm(context, 'run-fix', 'Run a known fix', content);
}

function attempt(one: Attempt, now: number, context: FormContext): Html {
  const { id, title, fix, target, state, reasons, startedAt, finishedAt, exitCode, output, verification } = one;
  return html`<article class="piece" id="attempt-${id}">
    <h3>${title} ${badge(`fix-${state}`, state.replace('_', ' '))}</h3>
    <p>
      ${fix}${target !== '' && html` on <b>${target}</b>`}: ${ATTEMPT_SENTENCES[state]}.
      ${startedAt !== null && html`Started ${clock(startedAt, now)} UTC`}${finishedAt !== null && html`, ended ${clock(finishedAt, now)} UTC`}${
        exitCode !== null && html`, exit status ${exitCode}`
      }
    </p>
    ${
      reasons.length > 0 &&
      html`<ul class="reasons">
        ${reasons.map((reason) => html`<li>${reason}</li>`)}
      </ul>`
    }
    ${state === 'awaiting_approval' && decision(one, context)}
    ${verification !== null && html`<p>Verification: <b>${verification.state}</b>. ${verification.detail}</p>`}
    ${
      output !== '' &&
      html`<details class="fold" id="output-${id}" ${state === 'failed' && html`open`}>
        <summary>What it printed</summary>
        <pre tabindex="0" aria-label="Output of ${title}">${output}</pre>
      </details>`
    }
  </article>`;
}

/** Yes or no to exactly what is shown: the form carries its hash. */
function decision({ id, hash = '' }: Attempt, context: FormContext): Html {
  if (!mayApprove(context.visitor)) return html`<p class="quiet">An approver decides.</p>`;
  const reason = (verb: string): Html => lineField(context, verb, 'reason', 'Why');
  const shown = html`<input type="hidden" name="hash" value="${hash}" />`;
  return html`${verbForm(
    context,
    `attempts/${id}/approve`,
    'stack',
    html`${shown} <button type="submit">Approve: run exactly this</button>`,
  )}
  ${foldedForm(
    context,
    `attempts/${id}/deny`,
    'Turn it down',
    html`${shown} ${reason(`attempts/${id}/deny`)} <button type="submit" class="is-second">Turn it down</button>`,
  )}`;
}

/** What to do for this category at this level, step by step. */
export function procedureSection({ procedure, incident, now }: IncidentPageOptions, context: FormContext): Html {
  const done = procedure.filter((step) => step.done).length;
  const mayTick = context.visitor.mayAct && context.visitor.name !== '' && incident.status !== 'closed';
  return html`<section id="procedure" aria-labelledby="procedure-title">
    <h2 id="procedure-title" tabindex="-1">
      Procedure ${procedure.length > 0 && html`<span class="quiet">${done} of ${procedure.length} done</span>`}
    </h2>
    ${
      procedure.length === 0
        ? html`<p class="empty">There is no procedure for this category.</p>`
        : html`<ol class="steps">
            ${procedure.map((step) => tick(step, context, mayTick, now))}
          </ol>`
    }
    ${
      procedure.length > 0 &&
      context.visitor.mayAct &&
      context.visitor.name === '' &&
      html`<p class="quiet">Say who you are (above) to tick steps off.</p>`
    }
  </section>`;
}

function tick(step: FilledStep, context: FormContext, mayTick: boolean, now: number): Html {
  const { id, level, text, link, done, by, at } = step;
  const what = html`<span class="step-text" id="step-${level}-${id}"
      >${text} ${link !== '' && outwardLink(link, 'open')}</span
    >
    <span class="quiet small"
      >Level ${level.toUpperCase()}${done && at !== null && html`; ${by ?? ''}, ${age(at, now)}`}</span
    >`;
  const button = html`<input type="hidden" name="id" value="${id}" />
    <input type="hidden" name="done" value="${done ? 'false' : 'true'}" />
    <button
      type="submit"
      class="tick"
      role="checkbox"
      aria-checked="${done ? 'true' : 'false'}"
      aria-labelledby="step-${level}-${id}"
    >
      <span aria-hidden="true">${done ? '✓' : ''}</span>
    </button>`;
  return html`<li class="step ${done && 'is-done'}" id="item-${level}-${id}">
    ${mayTick ? verbForm(context, 'step', 'step-form', button) : html`<span class="tick" aria-hidden="true">${done ? '✓' : ''}</span>`}
    <div>${done && !mayTick && html`<span class="unseen">Done: </span>`} ${what}</div>
  </li>`;
}
