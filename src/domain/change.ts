/** Something that people or machines changed on purpose: what often explains an alert. Texts are cleaned, '' where not told. */
export interface Change {
  /** Unique within its source: the same change told again takes the place of the first telling. */
  readonly key: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly kind: ChangeKind;
  /** What was done, in the sender's words. */
  readonly title: string;
  readonly service: string;
  readonly host: string;
  readonly environment: string;
  readonly version: string;
  /** Who did it. */
  readonly by: string;
  /** `http(s)` only. Shown, never fetched. */
  readonly url: string;
  readonly state: ChangeState;
}

export const CHANGE_KINDS = ['deployment', 'configuration', 'change'] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** `done` also where the sender says nothing else. */
export const CHANGE_STATES = ['done', 'running', 'failed'] as const;
export type ChangeState = (typeof CHANGE_STATES)[number];
