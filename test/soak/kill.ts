import { incidents, timeline, type IncidentJson } from '../helpers/incident-api.ts';
import { waitFor } from '../helpers/wait-for.ts';
import type { Tierbell } from '../servers/tierbell.ts';
import { buildHouse, MENDED, type SoakHouse } from './house.ts';
import { startPeople, type PeopleServer } from './people.ts';
import type { OpenScene } from './scene.ts';
import { seeded } from './seeded.ts';
import { table } from './table.ts';

export interface KillSettings {
  readonly kills: number;
  readonly seed: number;
}

/** After so many kills everything is checked, and the next ones happen to a fresh store. */
const KILLS_A_STORE = 10;
const ALERTS_A_ROUND = 24;
/** At most ten fixes run in an hour (guide, guard rails); these are spread over the rounds of a store. */
const FIXES_A_STORE = 8;
/** A kill comes within this after the bridge is ready: from the first answer to well into the telling. */
const KILLED_WITHIN_MS = 1_500;
const SETTLED_WITHIN_MS = 120_000;

/** What became of one store. */
interface Outcome {
  readonly kills: number;
  readonly acknowledged: number;
  readonly incidents: number;
  /** Acknowledged deliveries without an incident. */
  readonly lost: number;
  /** Alerts with more than one incident. */
  readonly doubled: number;
  /** Incidents of which nobody was told. */
  readonly untold: number;
  readonly notices: number;
  /** Notices that came once more after a kill: at most one copy each a kill. */
  readonly copies: number;
  /** Notices that came twice although nobody was killed between. */
  readonly unexplained: number;
  readonly begun: number;
  /** Fixes that began more than once for one target. */
  readonly begunTwice: number;
  readonly recordHolds: boolean;
}

/**
 * Kills the real process, or what it stands on, at seeded moments while it receives, tells and mends, and checks that what
 * was answered with 200 is there, that everybody was told (a notice again only after a kill), and that no fix began twice.
 * @param open what runs, and how it is struck
 * @returns the table, and what was broken
 */
export async function soakKill(open: OpenScene, { kills, seed }: KillSettings, say: (line: string) => void) {
  const random = seeded(seed);
  const people = await startPeople();
  const outcomes: Outcome[] = [];
  for (let done = 0; done < kills; done += KILLS_A_STORE) {
    const outcome = await killOneStore(open, people, random, Math.min(KILLS_A_STORE, kills - done), done);
    outcomes.push(outcome);
    say(`${done + outcome.kills} of ${kills} kills; so far ${broken(outcomes).join('; ') || 'nothing broken'}`);
  }
  await people.stop();
  return { text: table(HEAD, [...outcomes.map(row), total(outcomes)]), broken: broken(outcomes) };
}

async function killOneStore(
  open: OpenScene,
  people: PeopleServer,
  random: () => number,
  kills: number,
  done: number,
): Promise<Outcome> {
  people.forget();
  const house = buildHouse(people.url);
  const scene = await open(house, people, random);
  try {
    const acknowledged: string[] = [];
    for (let round = 0; round < kills; round += 1) {
      const names = Array.from({ length: ALERTS_A_ROUND }, (_none, index) => `Soak${done + round}N${index}`);
      if (round < FIXES_A_STORE) names.splice(Math.floor(random() * names.length), 0, `${MENDED}${done + round}`);
      acknowledged.push(...(await scene.strike(names, random() * KILLED_WITHIN_MS)));
    }
    const settled = await settle(await scene.survivor(), people, acknowledged);
    return { ...judge(settled, people, house, acknowledged), kills, recordHolds: await scene.recordHolds() };
  } finally {
    await scene.close();
    house.remove();
  }
}

/** Waits until everything that must come has come; what does not come is counted by {@link judge}. */
async function settle(bridge: Tierbell, people: PeopleServer, acknowledged: readonly string[]): Promise<Settled> {
  await waitFor(
    'everything to be told',
    async () => {
      const all = await incidents(bridge);
      return missing(all, acknowledged).length === 0 && (await untold(bridge, all, people)).length === 0;
    },
    { timeoutMs: SETTLED_WITHIN_MS, everyMs: 500 },
  ).catch(() => false);
  const all = await incidents(bridge);
  return { all, untold: (await untold(bridge, all, people)).length };
}

interface Settled {
  readonly all: readonly IncidentJson[];
  readonly untold: number;
}

/** In lists an incident shows its first alert; here it has one. */
const nameOf = ({ alerts }: IncidentJson): string => alerts[0]?.labels['alertname'] ?? '';

const missing = (all: readonly IncidentJson[], acknowledged: readonly string[]): string[] => {
  const found = new Set(all.map(nameOf));
  return acknowledged.filter((name) => !found.has(name));
};

/** People must be told of each; of what a known fix mends they hear by its outcome. */
async function untold(bridge: Tierbell, all: readonly IncidentJson[], people: PeopleServer): Promise<IncidentJson[]> {
  const notices = [...people.notices.values()];
  const told = new Set(notices.flatMap((notice) => notice.incidents));
  const pages = notices.filter(({ purpose }) => purpose === 'page' || purpose === 'digest');
  const paged = new Set(pages.flatMap((notice) => notice.incidents));
  const unnamed = all.filter((one) => !(nameOf(one).startsWith(MENDED) ? told : paged).has(one.id));
  // A message for many names as many as fit; of the others the record says in which one they were.
  const came = new Set(notices.filter(({ incidents: named, many }) => many > named.length).map(({ many }) => many));
  if (came.size === 0) return unnamed;
  const left: IncidentJson[] = [];
  for (const one of unnamed) if (!(await wasInOneOf(bridge, one, came))) left.push(one);
  return left;
}

async function wasInOneOf(bridge: Tierbell, { id }: IncidentJson, came: ReadonlySet<number>): Promise<boolean> {
  return (await timeline(bridge, id)).some(({ type, data }) => {
    const [, many = ''] = /one message for (\d+) incidents/.exec(String(data['detail'])) ?? [];
    return type === 'notified' && came.has(Number(many));
  });
}

function judge(
  { all, untold: nobody }: Settled,
  people: PeopleServer,
  house: SoakHouse,
  acknowledged: readonly string[],
): Omit<Outcome, 'kills' | 'recordHolds'> {
  const notices = [...people.notices.values()];
  const begun = house.begun();
  return {
    acknowledged: acknowledged.length,
    incidents: all.length,
    lost: missing(all, acknowledged).length,
    doubled: all.length - new Set(all.map(nameOf)).size,
    untold: nobody,
    notices: notices.length,
    copies: notices.reduce((sum, { times }) => sum + times - 1, 0),
    unexplained: people.unexplained(),
    begun: begun.length,
    begunTwice: begun.length - new Set(begun).size,
  };
}

const HEAD = [
  ...['store', 'kills', 'answered 200', 'incidents', 'lost', 'doubled', 'untold', 'notices', 'again', 'unexplained'],
  ...['fixes begun', 'begun twice', 'record'],
];

function row(one: Outcome, index: number): (string | number)[] {
  return [String(index + 1), ...figures(one), one.recordHolds ? 'holds' : 'BROKEN'];
}

const figures = (one: Omit<Outcome, 'recordHolds'>): number[] => [
  ...[
    one.kills,
    one.acknowledged,
    one.incidents,
    one.lost,
    one.doubled,
    one.untold,
    one.notices,
    one.copies,
    one.unexplained,
  ],
  ...[one.begun, one.begunTwice],
];

function total(outcomes: readonly Outcome[]): (string | number)[] {
  const sums = outcomes.map(figures).reduce((sum, next) => sum.map((value, column) => value + (next[column] ?? 0)));
  return ['all', ...sums, outcomes.every(({ recordHolds }) => recordHolds) ? 'holds' : 'BROKEN'];
}

function broken(outcomes: readonly Outcome[]): string[] {
  const count = (of: (one: Outcome) => number, what: string): string[] => {
    const sum = outcomes.reduce((all, one) => all + of(one), 0);
    return sum > 0 ? [`${sum} ${what}`] : [];
  };
  const begun = outcomes.reduce((sum, one) => sum + one.begun, 0);
  const kills = outcomes.reduce((sum, one) => sum + one.kills, 0);
  return [
    ...(begun === 0 && kills >= KILLS_A_STORE ? ['no fix began, so nothing is known about fixes'] : []),
    ...count(({ lost }) => lost, 'deliveries answered with 200 were lost'),
    ...count(({ doubled }) => doubled, 'alerts have more than one incident'),
    ...count(({ untold: nobody }) => nobody, 'incidents that nobody was told of'),
    ...count(({ begunTwice }) => begunTwice, 'fixes began twice'),
    ...count(({ unexplained }) => unexplained, 'notices came twice without a kill between'),
    ...count(({ recordHolds }) => (recordHolds ? 0 : 1), 'stores whose record does not hold'),
  ];
}
