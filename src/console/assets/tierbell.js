/**
 * Keeps a page of the console fresh and lets it be used by keys. Everything works without it too: forms post, pages
 * reload. The page itself is the only template: what changed is fetched as the same page and put in place.
 */

const main = document.getElementById('main');
const REFRESH_PAUSE_MS = 1_000;
const RECONNECT_MS = 5_000;
/** A connection can die without a word (a phone that slept): then this finds out. */
const LOOK_ANYWAY_MS = 30_000;
const GOOD_NEWS_MS = 20_000;
const ANNOUNCED = new Set(
  'opened escalated acknowledged unacknowledged resolved reopened closed note assessed fix evidence_collected'
    .split(' ')
    .concat('fixes_frozen', 'fixes_allowed', 'breaker_reset'),
);

function begin(main) {
  const clock = { ahead: Number(main.dataset.now) - Date.now() };
  const page = pageKeeper(main, clock);
  forgetWhatWasDone();
  setInterval(() => ageAll(clock.ahead), 10_000);
  followStream(main, page);
  sendFormsHere(page);
  useKeys();
}

/** The address names what was done, for pages without a script; a later reload must not say it again. */
function forgetWhatWasDone() {
  const address = new URL(location.href);
  address.searchParams.delete('done');
  address.searchParams.delete('of');
  history.replaceState(history.state, '', address);
}

// ---- The page, fresh ----

function pageKeeper(main, clock) {
  const state = { shownAt: Number(main.dataset.now), listening: false, answered: true, running: null, wanted: false };
  const tell = () => showConnection(state);
  const put = (text, withSaid) => {
    const fresh = new DOMParser().parseFromString(text, 'text/html');
    const body = fresh.getElementById('main');
    if (body === null) return false;
    if (body.dataset.follows !== main.dataset.follows) return false;
    if (!withSaid) body.querySelector('#said')?.replaceWith(main.querySelector('#said').cloneNode(true));
    keepingPlace(main, () => morphChildren(main, body));
    const [who, freshWho] = [document.querySelector('header .who'), fresh.querySelector('header .who')];
    if (who !== null && freshWho !== null) morph(who, freshWho);
    document.title = fresh.title;
    state.shownAt = Number(body.dataset.now);
    clock.ahead = state.shownAt - Date.now();
    return true;
  };
  const load = async () => {
    try {
      const response = await fetch(location.href, { signal: AbortSignal.timeout(10_000), cache: 'no-store' });
      if (response.status === 401 || response.status === 403) {
        if (!holdsTyping(main)) return location.reload();
        saySignedOut();
      }
      state.answered = response.ok;
      if (response.ok) put(await response.text(), false);
    } catch {
      state.answered = false;
    }
    tell();
  };
  const refresh = () => {
    state.wanted = true;
    state.running ??= (async () => {
      while (state.wanted) {
        state.wanted = false;
        await load();
        await new Promise((done) => setTimeout(done, REFRESH_PAUSE_MS));
      }
      state.running = null;
    })();
  };
  return {
    put,
    refresh,
    listening(yes) {
      state.listening = yes;
      tell();
    },
  };
}

function showConnection({ listening, answered, shownAt }) {
  const connected = listening && answered;
  const place = document.getElementById('link-state');
  const words = connected ? 'Live' : `Connection lost, showing ${new Date(shownAt).toISOString().slice(11, 19)} UTC`;
  place.hidden = false;
  place.classList.toggle('is-lost', !connected);
  if (place.textContent === words) return;
  const wasLive = place.textContent === 'Live';
  place.textContent = words;
  if (!connected && wasLive) announce(words);
}

/** What the reader looks at stays where it is, and keeps its focus. */
function keepingPlace(main, change) {
  const active = document.activeElement;
  const scrolled = scrollY > 10;
  const anchor = main.contains(active) && active !== main ? active : firstInView(main);
  const before = anchor?.getBoundingClientRect().top ?? 0;
  change();
  if (scrolled && anchor?.isConnected) scrollBy(0, anchor.getBoundingClientRect().top - before);
  if (active !== document.activeElement && active?.isConnected) active.focus({ preventScroll: true });
}

function firstInView(main) {
  return [...main.querySelectorAll('li[id], section, article')].find(
    (element) => element.getBoundingClientRect().bottom > 60 && element.getBoundingClientRect().top >= 0,
  );
}

/** Makes an element what another is, without touching what is the same, what is being typed, or what was folded. */
function morph(have, want) {
  if (have.nodeType !== Node.ELEMENT_NODE) {
    if (have.nodeValue !== want.nodeValue) have.nodeValue = want.nodeValue;
    return;
  }
  if (have.isEqualNode(want) || isBeingTyped(have)) return;
  for (const { name } of [...have.attributes])
    if (!want.hasAttribute(name) && !isFolding(have, name)) have.removeAttribute(name);
  for (const { name, value } of want.attributes)
    if (have.getAttribute(name) !== value && !isFolding(have, name)) have.setAttribute(name, value);
  morphChildren(have, want);
}

function isFolding(element, attribute) {
  return attribute === 'open' && element.nodeName === 'DETAILS';
}

function isBeingTyped(element) {
  if (element === document.activeElement && element.matches('input, textarea, select')) return true;
  if (element.matches('select')) return [...element.options].some((one) => one.selected !== one.defaultSelected);
  return element.matches('input:not([type=hidden]), textarea') && element.value !== element.defaultValue;
}

function holdsTyping(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return false;
  return isBeingTyped(node) || [...node.querySelectorAll('input, textarea, select')].some(isBeingTyped);
}

function morphChildren(have, want) {
  const byId = new Map([...have.children].filter((child) => idOf(child) !== '').map((child) => [idOf(child), child]));
  let at = have.firstChild;
  for (const wanted of [...want.childNodes]) {
    const id = idOf(wanted);
    const known = id === '' ? at : byId.get(id);
    if (known && known.nodeName === wanted.nodeName && idOf(known) === id) {
      if (known === at) at = at.nextSibling;
      else have.insertBefore(known, at);
      morph(known, wanted);
    } else {
      have.insertBefore(document.importNode(wanted, true), at);
    }
  }
  while (at !== null) {
    const gone = at;
    at = at.nextSibling;
    if (!holdsTyping(gone)) gone.remove();
  }
}

/** By attribute: a form's `id` may be its field of that name. */
function idOf(node) {
  return (node.nodeType === Node.ELEMENT_NODE && node.getAttribute('id')) || '';
}

// ---- Times ----

/** As `relative` of src/console/words.ts says it. */
function ageAll(ahead) {
  const now = Date.now() + ahead;
  for (const element of document.querySelectorAll('time.age')) {
    const words = relative(Date.parse(element.dateTime), now);
    if (element.textContent !== words) element.textContent = words;
  }
}

function relative(at, now) {
  if (at > now) return `in ${roughly(at - now)}`;
  return now - at < 1000 ? 'now' : `${roughly(now - at)} ago`;
}

function roughly(ms) {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${Math.floor(ms / 1000)} s`;
  if (minutes < 60) return `${minutes} min`;
  const [big, unit, small, smallUnit] =
    minutes < 1440
      ? [Math.floor(minutes / 60), 'h', minutes % 60, 'min']
      : [Math.floor(minutes / 1440), 'd', Math.floor(minutes / 60) % 24, 'h'];
  return small === 0 ? `${big} ${unit}` : `${big} ${unit} ${small} ${smallUnit}`;
}

// ---- The stream ----

/** Listens while the page is looked at: browsers allow few connections, and a hidden page needs none. */
function followStream(main, page) {
  const { stream, follows, events = '' } = main.dataset;
  let source = null;
  let again = null;
  const heard = (event) => {
    const said = JSON.parse(event.data);
    // What is of no incident, such as the kill switch, is said on every page.
    if (follows !== '' && said.incident !== null && said.incident !== follows) return;
    if (ANNOUNCED.has(event.type)) announce(said.incident === null ? said.text : `${said.incident}: ${said.text}`);
    page.refresh();
  };
  const open = () => {
    if (source !== null || document.hidden) return;
    source = new EventSource(stream);
    source.addEventListener('open', () => {
      page.listening(true);
      page.refresh();
    });
    source.addEventListener('error', () => {
      page.listening(false);
      if (source?.readyState !== EventSource.CLOSED) return; // it tries again by itself
      close();
      page.refresh(); // refused: the page itself says why, such as that it wants a token again
      again = setTimeout(open, RECONNECT_MS);
    });
    source.addEventListener('reset', () => page.refresh());
    for (const type of events.split(' ')) source.addEventListener(type, heard);
  };
  const close = () => {
    clearTimeout(again);
    source?.close();
    source = null;
  };
  document.addEventListener('visibilitychange', () => (document.hidden ? close() : open()));
  addEventListener('pagehide', close);
  addEventListener('pageshow', open);
  addEventListener('offline', () => {
    close();
    page.listening(false);
  });
  addEventListener('online', open);
  setInterval(() => document.hidden || page.refresh(), LOOK_ANYWAY_MS);
  open();
}

let announcing = null;
let waiting = [];

/** Says it to screen readers, politely: a storm is one sentence. */
function announce(words) {
  waiting.push(words);
  announcing ??= setTimeout(() => {
    const said = waiting.length > 3 ? `${waiting.length} changes; the page is up to date` : waiting.join('. ');
    document.getElementById('announce').textContent = said;
    waiting = [];
    announcing = null;
  }, 700);
}

// ---- Forms ----

/** Posts a verb's form from here, so that place, focus and other half-filled forms stay. */
function sendFormsHere(page) {
  addEventListener('submit', (event) => {
    const form = event.target;
    if (form.dataset.verb === undefined) return;
    event.preventDefault();
    if (form.getAttribute('aria-busy') === 'true') return;
    form.setAttribute('aria-busy', 'true');
    void send(form, page).finally(() => form.removeAttribute('aria-busy'));
  });
}

async function send(form, page) {
  const body = new URLSearchParams(new FormData(form));
  try {
    const signal = AbortSignal.timeout(15_000);
    const response = await fetch(form.getAttribute('action'), { method: 'POST', body, signal });
    const text = await response.text();
    if (response.ok) {
      form.reset();
      const fold = form.closest('details.fold');
      if (fold !== null) fold.open = false;
    }
    if (!page.put(text, true)) return say(problemOf(text), true);
    const said = document.querySelector('#said p');
    if (said !== null) announce(said.textContent);
    if (document.activeElement === document.body) document.getElementById('main').focus({ preventScroll: true });
    if (response.ok) setTimeout(() => said?.remove(), GOOD_NEWS_MS);
    else document.getElementById('said').scrollIntoView({ block: 'nearest' });
  } catch {
    say('Not sent: no answer from Tierbell. What you typed is still here; look before you send it again.', true);
  }
}

function problemOf(text) {
  const main = new DOMParser().parseFromString(text, 'text/html').querySelector('main');
  const words = [main?.querySelector('h1')?.textContent, main?.querySelector('p')?.textContent];
  return words.filter(Boolean).join('. ') || 'Not done. Load the page again.';
}

/** Loading the page again would ask for the token, and lose what stands in its fields. */
function saySignedOut() {
  const words = 'Your sign-in has ended. What you typed is still here: sign in again in another tab, then send it.';
  if (document.getElementById('said').textContent !== words) say(words, true);
}

function say(words, bad) {
  const line = document.createElement('p');
  line.className = bad ? 'said is-bad' : 'said';
  line.setAttribute('role', bad ? 'alert' : 'status');
  line.textContent = words;
  const place = document.getElementById('said');
  place.replaceChildren(line);
  place.scrollIntoView({ block: 'nearest' });
}

// ---- Keys ----

const KEYS_OFF = 'tierbell-keys-off';

function useKeys() {
  const help = document.getElementById('help');
  const on = document.getElementById('keys-on');
  const opener = document.getElementById('help-open');
  opener.hidden = false;
  opener.addEventListener('click', () => help.showModal());
  on.checked = localStorage.getItem(KEYS_OFF) === null;
  on.addEventListener('change', () =>
    on.checked ? localStorage.removeItem(KEYS_OFF) : localStorage.setItem(KEYS_OFF, '1'),
  );
  if (location.hash === '#search') document.getElementById('search')?.focus();
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    const field = event.target instanceof Element && event.target.closest('input, textarea, select');
    if (field && event.key === 'Escape') return field.blur();
    if (field || !on.checked || !Object.hasOwn(KEYS, event.key)) return;
    event.preventDefault();
    KEYS[event.key](help);
  });
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  a: acknowledge,
  n: writeNote,
  u: () => location.assign('/'),
  '/': () => {
    const search = document.getElementById('search');
    if (search === null) location.assign('/#search');
    else search.focus();
  },
  '?': (help) => help.showModal(),
};

/** From one incident to the next, or from one part of a page to the next. */
function step(by) {
  const stops = [...document.querySelectorAll('a.row-title')];
  const places = stops.length > 0 ? stops : [...document.querySelectorAll('main h2[tabindex]')];
  const row = document.activeElement?.closest('li.row')?.querySelector('a.row-title') ?? document.activeElement;
  const at = places.indexOf(row);
  const next = at < 0 ? places[by > 0 ? 0 : places.length - 1] : places[at + by];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}

/** The incident of this page, or the one that the list stands on. Taking over from somebody needs the button. */
function acknowledge() {
  const place = document.activeElement?.closest('li.row') ?? document.getElementById('head');
  const form = place?.querySelector('form[data-verb="acknowledge"]');
  if (!form) return announce(place ? 'Nothing to acknowledge here' : 'Move to an incident first, with j');
  if (form.querySelector('[name="takeover"]') !== null) form.querySelector('button').focus();
  else form.requestSubmit();
}

function writeNote() {
  const fold = document.getElementById('do-note');
  if (fold === null) return;
  fold.open = true;
  fold.querySelector('textarea').focus();
}

if (main !== null && main.dataset.stream !== undefined) begin(main);
