import type { FixAnswer, FixRequest } from '../engine/messages.ts';
import { writeFrozen } from '../store/fix-controls.ts';
import type { Store } from '../store/store.ts';

/** What people ask of the known fixes: decided and committed in one transaction; nothing outside is touched here. */
export async function controlFixes({ store }: { readonly store: Store }, request: FixRequest): Promise<FixAnswer> {
  const { by, reason } = request;
  switch (request.action) {
    case 'freeze':
    case 'unfreeze':
      await store.transact((unit) => writeFrozen(unit, request.action === 'freeze', by, reason));
      return { outcome: 'done' };
  }
}
