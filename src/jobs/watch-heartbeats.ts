import { createHash } from 'node:crypto';
import { labelSet, type Alert, type AlertGroup } from '../domain/alert.ts';
import { speakDuration } from '../domain/duration.ts';
import { cleanLine } from '../domain/text.ts';
import { groupingKeyOf } from '../incidents/correlate.ts';
import { HEARTBEAT_MISSING, OWN_SOURCE, type Rules } from '../incidents/rules.ts';
import type { Heartbeat, Source } from '../sources/source.ts';
import type { Store } from '../store/store.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { observeGroup } from './observe.ts';
import { readMeta } from '../store/meta.ts';

export interface HeartbeatParts {
  readonly store: Store;
  readonly sources: ReadonlyMap<string, Source>;
  readonly rules: () => Rules;
}

/** What is kept of a source's heartbeat, in one row. Epoch milliseconds of the store's clock. */
interface Pulse {
  /** When the last beat was taken. */
  readonly last: number;
  /** Since when people have been told that it is silent; null while it beats. */
  readonly silentSince: number | null;
}

const ROW = 'heartbeat:';
/** One late beat wakes nobody: it is silent when it has missed two (a promise of ours). */
const MISSED = 2;
/** Beats of a source are written at most this often. */
const WRITE_EVERY_MS = 5_000;

/** Notes that these sources beat, in the transaction that takes their deliveries. The first beat arms the watch. */
export async function noteBeats(unit: UnitOfWork, beating: ReadonlyMap<string, Heartbeat>): Promise<void> {
  for (const [source, { intervalMs }] of beating) {
    const pulse = await readPulse(unit, source);
    if (pulse !== null && unit.now - pulse.last < Math.min(WRITE_EVERY_MS, intervalMs / 4)) continue;
    await writePulse(unit, source, { last: unit.now, silentSince: pulse?.silentSince ?? null });
  }
}

/**
 * Opens an incident for each source that beat before and has missed two of its beats, told as the policies say, and ends its
 * alert once the source beats again, or is watched no longer. What is known stands in the store, so that a restart forgets
 * nothing; after one each source has two intervals to be heard, so that an outage of ours is not taken for one of theirs.
 * Call it only when every delivery that is on disk has been taken: a beat may be among them.
 * @param upSince epoch milliseconds of the store's clock
 */
export async function watchHeartbeats({ store, sources, rules }: HeartbeatParts, upSince: number): Promise<void> {
  const rows = await store.db.selectFrom('meta').select(['name', 'value']).where('name', 'like', `${ROW}%`).execute();
  for (const row of rows) {
    const source = row.name.slice(ROW.length);
    const heartbeat = sources.get(source)?.heartbeat ?? null;
    if (verdictOn(parsePulse(row.value), heartbeat, store.now(), upSince) === 'as it was') continue;
    await store.transact((unit) => judge(unit, source, heartbeat, upSince, rules().groupingBy));
  }
}

type Verdict = 'silent' | 'beats again' | 'not watched' | 'as it was';

function verdictOn({ last, silentSince }: Pulse, heartbeat: Heartbeat | null, now: number, upSince: number): Verdict {
  if (heartbeat === null) return 'not watched';
  const silent = now - Math.max(last, upSince) > MISSED * heartbeat.intervalMs;
  if (silentSince === null) return silent ? 'silent' : 'as it was';
  return now - last > heartbeat.intervalMs ? 'as it was' : 'beats again';
}

/** Looks once more, within the transaction, and writes what follows. */
async function judge(
  unit: UnitOfWork,
  source: string,
  heartbeat: Heartbeat | null,
  upSince: number,
  by: readonly string[],
): Promise<void> {
  const pulse = await readPulse(unit, source);
  if (pulse === null) return;
  const verdict = verdictOn(pulse, heartbeat, unit.now, upSince);
  if (verdict === 'as it was') return;
  if (verdict === 'silent' && heartbeat !== null) {
    await tell(unit, source, alertOf(source, heartbeat, unit.now), by);
    await writePulse(unit, source, { ...pulse, silentSince: unit.now });
    return;
  }
  if (pulse.silentSince !== null) {
    const ended = { ...alertOf(source, heartbeat, pulse.silentSince), status: 'resolved', endsAt: unit.now } as const;
    await tell(unit, source, ended, by);
  }
  if (verdict === 'not watched')
    await unit.tx
      .deleteFrom('meta')
      .where('name', '=', ROW + source)
      .execute();
  else await writePulse(unit, source, { ...pulse, silentSince: null });
}

async function tell(unit: UnitOfWork, source: string, alert: Alert, by: readonly string[]): Promise<void> {
  const group: AlertGroup = {
    ...{ source: OWN_SOURCE, groupKey: `${HEARTBEAT_MISSING} ${source}`, receiver: '', externalURL: '' },
    ...{ truncatedAlerts: 0, alerts: [alert] },
  };
  await unit.preload([{ source: OWN_SOURCE, alert }], [groupingKeyOf(group, alert, by)]);
  await observeGroup(unit, 'own', group, by);
}

/** With the labels that the source gives its alerts, so that the policies for them fit. */
function alertOf(source: string, heartbeat: Heartbeat | null, startsAt: number): Alert {
  const name = cleanLine(source, 64);
  const labels = labelSet([
    ...Object.entries(heartbeat?.labels ?? {}),
    ['alertname', HEARTBEAT_MISSING],
    ['severity', 'critical'],
    ['about_source', name],
  ]);
  const missed = heartbeat === null ? '' : `no ${heartbeat.name} for ${speakDuration(MISSED * heartbeat.intervalMs)}`;
  const annotations = labelSet([
    ['summary', cleanLine(`${name} is silent: ${missed}`, 300)],
    [
      'description',
      `Alerts of ${name} may not reach Tierbell. Look whether it runs, whether its route to Tierbell stands, and whether the network lets it through; this ends by itself once it beats again.`,
    ],
  ]);
  const fingerprint = createHash('sha256').update(`${HEARTBEAT_MISSING}\n${source}`).digest('hex').slice(0, 16);
  return { fingerprint, status: 'firing', labels, annotations, startsAt, endsAt: null, generatorURL: '' };
}

async function readPulse(unit: UnitOfWork, source: string): Promise<Pulse | null> {
  const value = await readMeta(unit.tx, ROW + source);
  return value === undefined ? null : parsePulse(value);
}

function parsePulse(value: string): Pulse {
  return JSON.parse(value) as Pulse;
}

function writePulse(unit: UnitOfWork, source: string, pulse: Pulse): Promise<void> {
  return unit.setMeta(ROW + source, JSON.stringify(pulse));
}
