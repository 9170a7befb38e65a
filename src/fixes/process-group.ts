// The one thing of `process` that is needed here: a signal to a group, which a child handle cannot send.
import { kill } from 'node:process';

/** Sends a signal to a whole process group; 0 only asks. False where nobody is left in it. */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return kill(-leader, signal);
  } catch (error) {
    // EPERM: somebody lives there whom we may not signal, for example after setuid.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
