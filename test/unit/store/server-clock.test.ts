import { jest } from '@jest/globals';
import { startServerClock } from '../../../src/store/postgres-clock.ts';

describe("the server's clock as a replica estimates it", () => {
  afterEach(() => void jest.useRealTimers());

  /** A server whose answers take `tookMs`, half of it each way. */
  function world(): { mono: number; server: number; tookMs: number; away: boolean; ask(): Promise<number> } {
    return {
      ...{ mono: 0, server: 1_000_000, tookMs: 10, away: false },
      async ask() {
        if (this.away) throw new Error('away');
        this.mono += this.tookMs;
        this.server += this.tookMs;
        return this.server - this.tookMs / 2;
      },
    };
  }

  async function pass(all: ReturnType<typeof world>, ms: number): Promise<void> {
    all.mono += ms;
    all.server += ms;
    await jest.advanceTimersByTimeAsync(ms);
  }

  it('is the server’s, goes on at our own pace while it is away, and follows it when it is back', async () => {
    jest.useFakeTimers();
    const all = world();
    const clock = await startServerClock(
      () => all.ask(),
      () => all.mono,
    );
    expect(clock.sources.wall()).toBe(all.server);
    await pass(all, 60_000);
    expect(clock.sources.wall()).toBe(all.server);
    all.away = true;
    await pass(all, 600_000);
    expect(clock.sources.wall()).toBe(all.server);
    all.away = false;
    all.server += 3_000; // it was put forward meanwhile
    await pass(all, 6_000);
    expect(clock.sources.wall()).toBe(all.server);
    clock.close();
  });

  it('leaves out an answer that took so long that it says less than is known', async () => {
    jest.useFakeTimers();
    const all = world();
    const clock = await startServerClock(
      () => all.ask(),
      () => all.mono,
    );
    all.tookMs = 4_000;
    all.server += 1_000; // would be seen only by a good answer
    await pass(all, 6_000);
    expect(clock.sources.wall()).toBe(all.server - 1_000);
    all.tookMs = 2;
    await pass(all, 6_000);
    expect(clock.sources.wall()).toBe(all.server);
    clock.close();
  });
});
