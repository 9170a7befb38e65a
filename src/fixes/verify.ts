import { speakDuration } from '../domain/duration.ts';
import type { Verification } from '../domain/incident.ts';
import type { VerifyWindow } from './fix.ts';
import type { Look } from './health.ts';

/** How far a verification has come. Epoch milliseconds. */
export interface VerificationState {
  /** When it counts as unverified. */
  readonly until: number;
  /** Since when every check found health; null where the last one did not. */
  readonly healthySince: number | null;
  /** When this check was due. One that comes much later means that nobody looked in between. */
  readonly dueAt: number;
}

export type VerificationStep =
  | { readonly state: 'verified'; readonly verification: Verification }
  | { readonly state: 'unverified'; readonly reason: string; readonly verification: Verification }
  | {
      readonly state: 'pending';
      readonly healthySince: number | null;
      readonly nextCheckAt: number;
      readonly verification: Verification;
    };

/** A check that is later than this leaves a hole that may have hidden a break. */
const LATE_MS = 10_000;

/** Milliseconds between two checks: 5 s, or a third of the healthy time where that is less, at least 250 ms. */
export function checkInterval(forMs: number): number {
  return Math.max(250, Math.min(5_000, Math.floor(forMs / 3)));
}

/** When the first check is due and when verification ends, for an attempt that succeeded at `now`. */
export function beginVerification(verify: VerifyWindow, now: number): VerificationState {
  return { until: now + verify.timeoutMs, healthySince: null, dueAt: now };
}

/**
 * One step of verification, from one look. Healthy for `forMs` without a break verifies; anything else that was found, or a
 * check that came too late, is a break. A probe that can never be asked ends it at once.
 */
export function judgeVerification(
  { verification, final }: Look,
  state: VerificationState,
  now: number,
  verify: VerifyWindow,
): VerificationStep {
  const healthySince = verification.state === 'healthy' ? unbrokenSince(state, now) : null;
  if (healthySince !== null && now - healthySince >= verify.forMs) return { state: 'verified', verification };
  if (final) return { state: 'unverified', reason: `it cannot be verified: ${verification.detail}`, verification };
  if (now >= state.until)
    return { state: 'unverified', reason: tooLate(verification, healthySince, now, verify), verification };
  const next = now + checkInterval(verify.forMs);
  const enough = healthySince === null ? next : healthySince + verify.forMs;
  return { state: 'pending', healthySince, nextCheckAt: Math.min(next, enough, state.until), verification };
}

function unbrokenSince({ healthySince, dueAt }: VerificationState, now: number): number {
  return healthySince === null || now - dueAt > LATE_MS || healthySince > now ? now : healthySince;
}

function tooLate(
  { detail }: Verification,
  healthySince: number | null,
  now: number,
  { forMs, timeoutMs }: VerifyWindow,
): string {
  const wanted = `healthy for ${speakDuration(forMs)} within ${speakDuration(timeoutMs)}`;
  return healthySince === null
    ? `it was not ${wanted}: ${detail}`
    : `it was not ${wanted}, only for ${speakDuration(now - healthySince)} so far`;
}
