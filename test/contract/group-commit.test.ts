import { sql } from 'kysely';
import { rulesOf } from '../helpers/fake-rules.ts';
import { describeDialects, openTestStore, type TestStore } from '../helpers/open-test-store.ts';

describeDialects('what is committed together', (dialect) => {
  let house: TestStore;
  beforeEach(async () => {
    house = await openTestStore(rulesOf(), dialect);
  });
  afterEach(() => house.close());

  /** Writes a value down, in the turn of the one before or after it. */
  function note(name: string, then: () => Promise<void> | void = () => {}): Promise<string> {
    return house.store.transact(async (unit) => {
      await unit.setMeta(name, 'written');
      await then();
      return name;
    });
  }
  const fails = (): void => {
    throw new Error('this one breaks');
  };
  async function kept(): Promise<string[]> {
    const rows = await house.store.db.selectFrom('meta').select('name').where('value', '=', 'written').execute();
    return rows.map(({ name }) => name).toSorted();
  }
  const outcomes = async (all: readonly Promise<string>[]): Promise<string[]> =>
    (await Promise.allSettled(all)).map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason)));

  it('is what each caller asked for, in the order of asking', async () => {
    const order: string[] = [];
    const names = Array.from({ length: 100 }, (_, index) => `n${String(index).padStart(3, '0')}`);
    expect(await Promise.all(names.map((name) => note(name, () => void order.push(name))))).toEqual(names);
    expect(order).toEqual(names);
    expect(await kept()).toEqual(names);
  });

  it.each([0, 1, 2])('what breaks as number %i leaves nothing behind, and the others stay', async (broken) => {
    const all = ['a', 'b', 'c'].map((name, index) => note(name, index === broken ? fails : undefined));
    const expected = ['a', 'b', 'c'].map((name, index) => (index === broken ? 'Error: this one breaks' : name));
    expect(await outcomes(all)).toEqual(expected);
    expect(await kept()).toEqual(['a', 'b', 'c'].filter((_, index) => index !== broken));
  });

  it('a statement that the database refuses breaks only whoever sent it', async () => {
    const before = note('first');
    const refused = house.store.transact(async ({ tx }) => {
      await sql`insert into meta (name, value) values ('a', 'once'), ('a', 'twice')`.execute(tx);
      return 'never';
    });
    const said = await outcomes([before, refused, note('last')]);
    expect([said[0], said[2]]).toEqual(['first', 'last']);
    expect(said[1]).toMatch(/unique/i);
    expect(await kept()).toEqual(['first', 'last']);
  });

  it('where the transaction itself is lost nobody is told that it is kept', async () => {
    const before = note('first');
    const lost = house.store.transact(async ({ tx }) => {
      await sql`rollback`.execute(tx); // as a full disk does, in the middle of somebody's work
      throw new Error('the disk is full');
    });
    const said = await outcomes([before, lost, note('later')]);
    expect(said.slice(0, 2)).toEqual(['Error: the disk is full', 'Error: the disk is full']);
    expect(await kept()).toEqual(said.includes('later') ? ['later'] : []);
    expect(await note('afterwards')).toBe('afterwards');
  });
});
