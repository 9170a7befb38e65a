import { configureGlobal } from 'fast-check';

/**
 * One commit gives one answer: properties draw the same cases in every run of `npm test`, so that a red run is
 * about the change and not about luck. `TIERBELL_SEED=random` (or a number) looks elsewhere; a failure prints the
 * seed that repeats it.
 */
const wanted = process.env['TIERBELL_SEED'] ?? '20261122';
if (wanted !== 'random') configureGlobal({ seed: Number(wanted) });
