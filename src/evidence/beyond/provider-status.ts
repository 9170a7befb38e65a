import type { Evidence } from '../../domain/incident.ts';
import type { Outcome } from '../../domain/result.ts';
import { cleanLine } from '../../domain/text.ts';
import type { Provider, ProviderStatus } from '../../providers/provider.ts';
import { againstAlert, pieceOf, type PieceFacts } from './piece.ts';

const SHOWN = 4;

/** What a provider says of itself, or why it could not be asked. Pure. */
export function describeProvider(
  { name, page }: Pick<Provider, 'name' | 'page'>,
  startsAt: number,
  outcome: Outcome<ProviderStatus>,
  piece: PieceFacts,
): Evidence {
  const about = { store: name, url: page };
  if (!outcome.ok)
    return pieceOf('provider_status', piece, {
      ...about,
      state: 'unavailable',
      reason: cleanLine(`${outcome.detail}.`, 500),
    });
  const { summary, troubles } = outcome.value;
  const reason =
    troubles.length === 0
      ? `${name} reports no trouble: ${cleanLine(summary, 200)}.`
      : `${name} reports trouble: ${cleanLine(summary, 200)}.`;
  const facts = troubles.slice(0, SHOWN).map(({ at, text, url }) => {
    const since = at === null ? '' : `, since ${againstAlert(at, startsAt)}`;
    return { at, text: `${name} reports: ${cleanLine(text, 300)}${since}`, url };
  });
  return pieceOf('provider_status', piece, { ...about, state: 'complete', reason, facts });
}
