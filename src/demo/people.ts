import type { IncomingHttpHeaders } from 'node:http';
import { webhookHeaders } from '../channels/standard-webhooks.ts';

/** A message as it reached somebody. */
export interface Message {
  readonly to: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** `page`, `evidence`, `escalation`, `resolved` … */
  readonly purpose: string;
  readonly incident: string;
  readonly subject: string;
  readonly headline: string;
  readonly links: readonly { readonly title: string; readonly url: string }[];
  readonly attachments: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
  /** The whole body. */
  readonly raw: string;
}

interface WireMessage {
  readonly type: string;
  readonly data: {
    readonly incident: { readonly id: string };
    readonly message: Pick<Message, 'subject' | 'headline' | 'links'>;
    readonly attachments: Message['attachments'];
  };
}

/** Keeps what people get over the webhook channels, once each; takes only what is signed with the demo's secret. */
export class People {
  readonly #secret: string;
  readonly #messages: Message[] = [];
  readonly #ids = new Set<string>();

  constructor(secret: string) {
    this.#secret = secret;
  }

  /** @returns the HTTP status for the bridge */
  receive(to: string, headers: IncomingHttpHeaders, raw: string, now: number): number {
    const id = String(headers['webhook-id']);
    const signed = webhookHeaders(id, Number(headers['webhook-timestamp']) * 1000, raw, this.#secret);
    if (headers['webhook-signature'] !== signed['webhook-signature']) return 401;
    const { type, data } = JSON.parse(raw) as WireMessage;
    const { subject, headline, links } = data.message;
    const purpose = type.replace(/^incident\./, '');
    const key = `${to} ${id}`; // sent twice is told once: the id stays the same over retries
    if (!this.#ids.has(key)) {
      const { attachments, incident } = data;
      this.#messages.push({ to, at: now, purpose, incident: incident.id, subject, headline, links, attachments, raw });
    }
    this.#ids.add(key);
    return 204;
  }

  /** What this person got about an incident, in order. */
  got(to: string, incident: string): readonly Message[] {
    return this.#messages.filter((message) => message.to === to && message.incident === incident);
  }

  /** Everything that anybody got. */
  all(): readonly Message[] {
    return this.#messages;
  }
}
