#!/usr/bin/env node
// No static imports: an older Node must come as far as to say so (its native modules would only crash).
const NEEDED = 24;
const found = Number(process.versions.node.split('.')[0]);
if (found < NEEDED) {
  process.stderr.write(
    `tierbell needs Node ${NEEDED} or newer; this is ${process.versions.node}. In a checkout, npm start and npm run bring their own.\n`,
  );
  process.exit(2);
}
// Loading our modules makes much short-lived garbage: without growth of the young generation meanwhile, an idle bridge
// needs 50 MB less (measured: 194 → 148 MB). `serve` lets it grow again once it is ready, for work under load.
const { setFlagsFromString } = await import('node:v8');
setFlagsFromString('--semi-space-growth-factor=1');
const { main } = await import('./main.ts');
await main();
