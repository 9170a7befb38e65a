import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { deliver } from '../helpers/incident-api.ts';
import { alertmanagerPayload } from '../helpers/payload.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { startTierbell, type Tierbell } from '../servers/tierbell.ts';
import { buildHouse } from './house.ts';
import { startPeople } from './people.ts';
import { seeded } from './seeded.ts';
import { table } from './table.ts';

export interface LoadSettings {
  readonly minutes: number;
  readonly seed: number;
  /** Deliveries a second, of {@link ALERTS} alerts each. */
  readonly rate: number;
}

/** What the guide promises for a storm: safety.md, "storm". */
const RSS_MAX_MB = 512;
const P99_MAX_MS = 1_000;
const DRAINED_WITHIN_MS = 60_000;
/** Alerts in one delivery. */
const ALERTS = 20;
/** A new alert name comes this often; the ones before it fire again and end, over and over. */
const NEW_NAME_EVERY = 25;

interface Minute {
  readonly minute: number;
  readonly deliveries: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly rssMb: number;
  readonly loopP99Ms: number;
  readonly incidents: number;
  readonly open: number;
  readonly waiting: number;
}

/** Steady load for minutes, with a line for each: does it grow, does it slow down? @returns the table, and what was broken */
export async function soakLoad(settings: LoadSettings, say: (line: string) => void) {
  const people = await startPeople();
  const house = buildHouse(people.url);
  try {
    const bridge = await startTierbell({ ...house, flags: ['--log.level=error'] });
    const post = poster(bridge, seeded(settings.seed));
    const minutes: Minute[] = [];
    for (let minute = 1; minute <= settings.minutes; minute += 1) {
      const took = await oneMinute(post, settings.rate);
      minutes.push({ minute, ...took, ...(await look(bridge)) });
      people.forget(); // what they were told is not what is measured here
      say(line(minutes.at(-1)));
    }
    const begun = performance.now();
    const drained = await waitFor('the work to be done', async () => (await look(bridge)).waiting === 0, {
      timeoutMs: DRAINED_WITHIN_MS,
      everyMs: 250,
    }).catch(() => false);
    const drainedMs = drained ? performance.now() - begun : null;
    await bridge.stop();
    return { text: table(HEAD, minutes.map(row)), broken: broken(minutes, drainedMs) };
  } finally {
    await people.stop();
    house.remove();
  }
}

/** Sends at the rate, whether or not answers come; milliseconds of each answer. */
async function oneMinute(post: () => Promise<number>, rate: number) {
  const deliveries: Promise<{ status: number; ms: number }>[] = [];
  const begin = performance.now();
  for (let sent = 0; sent < rate * 60; sent += 1) {
    await sleep(Math.max(0, begin + (sent / rate) * 1_000 - performance.now()));
    const at = performance.now();
    deliveries.push(post().then((status) => ({ status, ms: performance.now() - at })));
  }
  const answers = await Promise.all(deliveries);
  const sorted = answers.map(({ ms }) => ms).toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return {
    deliveries: answers.length,
    failed: answers.filter(({ status }) => status !== 200).length,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
  };
}

/** Groups that fire, fire again with other members, and end. @returns what posts the next one, with its status, 0 where none came */
function poster(bridge: Tierbell, random: () => number): () => Promise<number> {
  let sent = 0;
  return async () => {
    const names = 1 + Math.floor(sent / NEW_NAME_EVERY);
    const name = sent % NEW_NAME_EVERY === 0 ? names - 1 : Math.floor(random() * names);
    sent += 1;
    const ends = random() < 0.4;
    const alerts = Array.from({ length: ALERTS }, (_none, index) => ({
      labels: {
        alertname: `Load${name}`,
        instance: `host-${index}`,
        severity: 'warning',
        service: `service-${name % 20}`,
      },
      annotations: { summary: `host-${index} answers ${Math.floor(random() * 100)} % of its requests too late` },
      status: ends || random() < 0.1 ? ('resolved' as const) : ('firing' as const),
    }));
    return deliver(bridge, alertmanagerPayload(alerts)).then(
      ({ status }) => status,
      () => 0,
    );
  };
}

/** What the bridge says of itself in its metrics, and the kernel of its memory. */
async function look(bridge: Tierbell) {
  const { text } = await bridge.api('/metrics');
  const sum = (metric: string): number =>
    [...text.matchAll(new RegExp(`^${metric}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].reduce(
      (all, [, value]) => all + Number(value),
      0,
    );
  return {
    rssMb: Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${bridge.pid}/status`, 'utf8'))?.[1]) / 1024,
    loopP99Ms: sum('nodejs_eventloop_lag_p99_seconds') * 1000,
    incidents: sum('tierbell_incidents_total'),
    open: sum('tierbell_incidents_open'),
    waiting: sum('tierbell_jobs_due'),
  };
}

const HEAD = [
  ...['minute', 'deliveries', 'not 200', 'p50 ms', 'p99 ms', 'RSS MB', 'loop p99 ms', 'incidents', 'open', 'waiting'],
];

const row = (one: Minute): (string | number)[] => [
  ...[String(one.minute), one.deliveries, one.failed, round(one.p50Ms), round(one.p99Ms), Math.round(one.rssMb)],
  ...[round(one.loopP99Ms), one.incidents, one.open, one.waiting],
];

const round = (value: number): number => Math.round(value * 10) / 10;

const line = (one: Minute | undefined): string =>
  one === undefined
    ? ''
    : `minute ${one.minute}: RSS ${Math.round(one.rssMb)} MB, ${one.incidents} incidents, loop p99 ${round(one.loopP99Ms)} ms`;

function broken(minutes: readonly Minute[], drainedMs: number | null): string[] {
  const sum = minutes.reduce((all, { failed }) => all + failed, 0);
  const slow = minutes.filter(({ p99Ms }) => p99Ms > P99_MAX_MS).length;
  const large = minutes.filter(({ rssMb }) => rssMb > RSS_MAX_MB).length;
  return [
    ...(sum > 0 ? [`${sum} deliveries were not answered with 200`] : []),
    ...(slow > 0 ? [`in ${slow} minutes answers took over ${P99_MAX_MS} ms at p99`] : []),
    ...(large > 0 ? [`in ${large} minutes RSS was over ${RSS_MAX_MB} MB`] : []),
    ...(drainedMs === null ? [`work was left ${DRAINED_WITHIN_MS / 1000} s after the end`] : []),
  ];
}
