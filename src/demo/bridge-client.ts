import { createHmac } from 'node:crypto';

/** What the demo reads of the API's incident (contract, "An incident"). */
export interface DemoIncident {
  readonly id: string;
  readonly title: string;
  readonly status: string;
  readonly level: string;
  readonly priority: string;
  readonly severity: string;
  readonly createdAt: string;
  readonly acknowledgedBy: string | null;
  readonly resolvedAt: string | null;
  readonly resolvedBy: string | null;
  readonly alerts: readonly { readonly status: string }[];
  readonly category: { readonly id: string; readonly confidence: number; readonly reasons: readonly string[] };
  readonly nextStep: { readonly at: string; readonly action: string } | null;
  readonly escalations: readonly { readonly to: string; readonly reason: string; readonly at: string }[];
  readonly attempts: readonly DemoAttempt[];
  readonly evidence: readonly DemoEvidence[];
}

export interface DemoAttempt {
  readonly id: string;
  readonly title: string;
  readonly state: string;
  readonly exitCode: number | null;
  readonly output: string;
  readonly reasons: readonly string[];
}

export interface DemoEvidence {
  readonly state: string;
  readonly reason: string;
  readonly windows: readonly { readonly records: number }[];
  readonly lines: readonly { readonly count: number; readonly level: string; readonly text: string }[];
}

/** Who posts alerts here: a name in the demo's `sources`. */
export type Sender = 'alertmanager' | 'grafana';

export interface Delivered {
  readonly status: number;
  readonly tookMs: number;
}

export interface SenderKeys {
  /** Alertmanager's bearer token. */
  readonly token: string;
  /** Grafana's HMAC secret. */
  readonly grafana: string;
}

const TIMEOUT_MS = 30_000;

/** The bridge from outside: what Alertmanager, an engineer's browser and a program would send it. */
export class BridgeClient {
  readonly url: string;
  readonly #keys: SenderKeys;

  constructor(url: string, keys: SenderKeys) {
    this.url = url;
    this.#keys = keys;
  }

  /** Posts a body as its sender does: with its user agent, and with a token or a signature. */
  async deliver(sender: Sender, body: string): Promise<Delivered> {
    const began = performance.now();
    const proof = sender === 'grafana' ? signedByGrafana(body, this.#keys.grafana) : bearer(this.#keys.token);
    const headers = { 'content-type': 'application/json', ...proof };
    const response = await this.#fetch(`${this.url}/webhooks/${sender}`, { method: 'POST', headers, body });
    await response.text();
    return { status: response.status, tookMs: performance.now() - began };
  }

  /** Null while there is no such incident. */
  async incident(id: string): Promise<DemoIncident | null> {
    const response = await this.#fetch(`${this.url}/api/v1/incidents/${id}`);
    const text = await response.text();
    return response.ok ? (JSON.parse(text) as DemoIncident) : null;
  }

  async download(url: string): Promise<Uint8Array | null> {
    const response = await this.#fetch(url);
    const bytes = new Uint8Array(await response.arrayBuffer());
    return response.ok ? bytes : null;
  }

  /** Opens the page behind a link, and sends its form, as a browser does. @returns whether there was one to send */
  async confirm(link: string): Promise<boolean> {
    const page = await (await this.#fetch(link)).text();
    const confirm = /name="confirm" value="([^"]+)"/.exec(page)?.[1];
    if (confirm === undefined) return false;
    const response = await this.#fetch(link, { method: 'POST', body: new URLSearchParams({ confirm }) });
    await response.text();
    return response.ok;
  }

  #fetch(url: string, more: RequestInit = {}): Promise<Response> {
    return fetch(url, { ...more, signal: AbortSignal.timeout(TIMEOUT_MS) });
  }
}

function bearer(token: string): Record<string, string> {
  return { 'user-agent': 'Alertmanager/0.28.1', authorization: `Bearer ${token}` };
}

/** Grafana's HMAC over the time in seconds, a colon and the body; the headers are those of the demo's configuration. */
function signedByGrafana(body: string, secret: string): Record<string, string> {
  const seconds = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', secret).update(`${seconds}:${body}`).digest('hex');
  return {
    'user-agent': 'Grafana',
    'x-grafana-alerting-signature': signature,
    'x-grafana-alerting-timestamp': seconds,
  };
}
