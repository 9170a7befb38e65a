import { chromium, type Browser } from 'playwright-core';
import { findProgram } from './programs.ts';

/** A browser that talks to nobody but the pages that a test opens; its profile is empty and goes with it. */
export async function startChromium(): Promise<Browser> {
  const executablePath = findProgram('chromium');
  if (executablePath === null) throw new Error('no Chromium here (apt-get install chromium)');
  return chromium.launch({
    executablePath,
    timeout: 120_000,
    args: [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  });
}
