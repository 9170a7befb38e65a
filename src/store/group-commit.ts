import { sql, type Kysely, type Transaction } from 'kysely';
import type { Tables } from './schema.ts';

/** Pieces of work that one transaction takes at most: whoever came first waits for the last of them. */
const TOGETHER = 32;

type Tx = Transaction<Tables>;

interface Member {
  readonly work: (tx: Tx) => Promise<unknown>;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Commits in one go what several callers want to write: a commit waits for the disk, which takes longer than most work
 * does. Each caller hears only once all of it is on disk. Work that throws leaves nothing behind and does no harm to what
 * others wrote; where the commit itself fails, nobody's work stays, and everybody hears why.
 * @param opening done first in every transaction
 */
export class GroupCommit {
  readonly #db: Kysely<Tables>;
  readonly #opening: (tx: Tx) => Promise<void>;
  readonly #waiting: Member[] = [];
  #draining = false;

  constructor(db: Kysely<Tables>, opening: (tx: Tx) => Promise<void> = async () => {}) {
    this.#db = db;
    this.#opening = opening;
  }

  /** Runs `work` in a transaction, after all that was given before. No await inside it but its own queries. */
  run<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ work, resolve, reject });
      void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    if (this.#draining) return;
    this.#draining = true;
    for (let first = this.#waiting.shift(); first !== undefined; first = this.#waiting.shift())
      await this.#commit(first);
    this.#draining = false;
  }

  /** Never throws: every member hears what became of its work. */
  async #commit(first: Member): Promise<void> {
    const members = [first];
    try {
      const settle = await this.#db.transaction().execute(async (tx) => {
        await this.#opening(tx);
        // Most often it is alone: without a savepoint, its failure ends the transaction.
        const done = [settled(first, await first.work(tx))];
        while (members.length < TOGETHER) {
          const next = this.#waiting.shift();
          if (next === undefined) break;
          members.push(next);
          done.push(await runApart(tx, next));
        }
        return done;
      });
      for (const tell of settle) tell();
    } catch (error) {
      for (const { reject } of members) reject(error);
    }
  }
}

/** @throws the work's error where the transaction cannot go on: a full disk has ended it, or the database is away */
async function runApart(tx: Tx, member: Member): Promise<() => void> {
  await sql`savepoint member`.execute(tx);
  try {
    const value = await member.work(tx);
    await sql`release savepoint member`.execute(tx);
    return settled(member, value);
  } catch (error) {
    await undo(tx).catch(() => {
      throw error;
    });
    return () => member.reject(error);
  }
}

async function undo(tx: Tx): Promise<void> {
  await sql`rollback to savepoint member`.execute(tx);
  await sql`release savepoint member`.execute(tx);
}

function settled(member: Member, value: unknown): () => void {
  return () => member.resolve(value as never);
}
