/**
 * Milliseconds that this thread has worked: for bounds on how long a computation takes, which must hold on a machine that
 * is busy with other things too. Only for work that is done without waiting.
 */
export function cpuTimeMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
