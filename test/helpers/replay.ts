import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { incidentId } from '../../src/domain/incident.ts';
import type { Job } from '../../src/domain/job.ts';
import type { Delivery } from '../../src/inbox/inbox-reader.ts';
import type { Rules } from '../../src/incidents/rules.ts';
import { createSource, sourceConfig } from '../../src/sources/registry.ts';
import { expireAlerts } from '../../src/jobs/expire-alerts.ts';
import { passDeadline } from '../../src/jobs/pass-deadline.ts';
import { takeDeliveries } from '../../src/jobs/take-deliveries.ts';
import { rulesOf } from './fake-rules.ts';
import { openTestStore, type TestStore } from './open-test-store.ts';

const FIXTURES = join(import.meta.dirname, '..', 'fixtures');
const STEP_MS = 1_000;

/** A recorded request. `rawBody` is there where the exact bytes were kept. */
export interface Captured {
  readonly receivedAt: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly rawBody?: string;
}

/** The requests of a recording in `test/fixtures`, such as `grafana/mixed.json`. */
export function captured(path: string): Captured[] {
  return (JSON.parse(readFileSync(join(FIXTURES, path), 'utf8')) as { requests: Captured[] }).requests;
}

export function bodyOf({ rawBody, body }: Captured): Buffer {
  return Buffer.from(rawBody ?? JSON.stringify(body));
}

/** Deliveries over a real store with a clock that goes as the test says, from the raw body to the incidents. */
export interface Replay {
  readonly house: TestStore;
  /** What was put aside, with the reason. */
  readonly log: string[];
  /** Stores what was posted, if the source takes its shape, and takes it on. @param at RFC 3339; never back in time */
  post(source: string, body: Buffer, at?: string): Promise<void>;
  /** Lets time pass, second by second; deadlines are met and what was not sent again ends. */
  wait(ms: number): Promise<void>;
  /** As after kill -9, and `awayMs` later. */
  restart(awayMs?: number): Promise<void>;
  /** `INC-1 triggered, 2 firing: High CPU` for each, the oldest first. */
  summary(): Promise<string[]>;
  /** `firing High CPU db-1` for each alert of an incident. */
  alerts(number?: number): Promise<string[]>;
  /** The texts of an incident's timeline. */
  timeline(number?: number): Promise<string[]>;
  close(): Promise<void>;
}

/** @param sources the settings of each, as in the configuration */
export async function openReplay(sources: readonly object[], rules: Rules = rulesOf()): Promise<Replay> {
  const house = await openTestStore(rules);
  const deliveries: Delivery[] = [];
  const log: string[] = [];
  const made = sources.map((settings) => createSource(sourceConfig.parse(settings)));
  const byName = new Map(made.map((source) => [source.name, source]));
  let upSince = house.store.now();
  const parts = () => ({
    store: house.store,
    rules: () => rules,
    wall: () => house.time.now,
    sources: byName,
    seen: () => undefined,
    log: (message: string, fields: object) => log.push(`${message} ${JSON.stringify(fields)}`),
    inbox: {
      after: (seq: number, limit: number) => deliveries.filter((one) => one.seq > seq).slice(0, limit),
      last: () => deliveries.length,
      close: () => undefined,
    },
  });
  const advance = async (): Promise<void> => {
    while (await takeDeliveries(parts()));
    while (await expireAlerts(parts(), upSince));
  };
  // One at a time: what one decides may take the next away.
  const meetDeadlines = async (): Promise<void> => {
    for (;;) {
      const [job] = await house.store.claim(['deadline'], 1, 60_000);
      if (job === undefined) return;
      await passDeadline(parts(), job as Extract<Job, { kind: 'deadline' }>);
    }
  };
  return {
    ...{ house, log },
    async post(name, body, at) {
      const source = byName.get(name);
      const problem = source?.check(JSON.parse(body.toString())) ?? null;
      if (source === undefined || problem !== null) throw new Error(`refused: ${JSON.stringify(problem)}`);
      const receivedAt = at === undefined ? house.time.now : Date.parse(at);
      if (receivedAt > house.time.now) house.pass(receivedAt - house.time.now);
      await meetDeadlines();
      const seq = deliveries.length + 1;
      deliveries.push({ seq, id: `d${seq}`, source: name, receivedAt: house.time.now, body });
      await advance();
    },
    async wait(ms) {
      for (let left = ms; left > 0; left -= STEP_MS) {
        house.pass(Math.min(left, STEP_MS));
        await advance();
        await meetDeadlines();
      }
    },
    async restart(awayMs = 0) {
      house.pass(awayMs);
      await house.reopen();
      upSince = house.store.now();
      await advance();
    },
    async summary() {
      const all = await house.read.incidents({}, 500, null);
      return all
        .toSorted((a, b) => a.number - b.number)
        .map((one) => `${incidentId(one)} ${one.status}, ${one.firing} firing: ${one.title}`);
    },
    async alerts(number = 1) {
      const { uid } = await house.incident(number);
      const rows = await house.read.alerts(uid, 500);
      return rows
        .map(({ status, labels }) => `${status} ${labels['alertname']} ${labels['instance'] ?? ''}`.trim())
        .toSorted();
    },
    async timeline(number = 1) {
      const { uid } = await house.incident(number);
      return (await house.read.timeline(uid)).map(({ text }) => text);
    },
    close: () => house.close(),
  };
}
