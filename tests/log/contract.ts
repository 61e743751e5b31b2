import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { EventLog, LogGroup } from '../../src/log/event-log.ts';
import { appendCounts, groupAt, readAll } from './groups.ts';
import { recordsOf } from './logged-records.ts';

/** How the suite treats an implementation. */
export interface ContractOptions {
  /** Groups of a log: of any bytes, unless it looks into them. */
  readonly groupAt: typeof groupAt;
  /** Whether groups come back as they were appended; a log that others write to has groups of its own. */
  readonly isGrouped: boolean;
  readonly numRuns: number;
}

const OF_ANY_BYTES: ContractOptions = { groupAt, isGrouped: true, numRuns: 25 };

const endOf = (log: EventLog): number => log.ends().reduce((sum, end) => sum + end, 0);

/**
 * What every implementation of the port promises. Each call of `make` gives a new empty log that the test owns.
 */
export const contractOfEventLog = (
  name: string,
  make: (t: TestContext) => EventLog | Promise<EventLog>,
  options: ContractOptions = OF_ANY_BYTES,
): void => {
  const { groupAt, isGrouped, numRuns } = options;
  /** What two readers must agree on. */
  const seen = (groups: readonly LogGroup[]): unknown => (isGrouped ? groups : recordsOf(groups));
  const append = (log: EventLog, counts: readonly number[]) => appendCounts(log, counts, groupAt);

  test(`${name}: a new log is empty`, async (t) => {
    const log = await make(t);
    assert.deepEqual(log.ends(), Array(log.partitions).fill(0));
    assert.equal(log.lastLogTimeMs(), 0);
    assert.deepEqual(await readAll(log), []);
  });

  test(`${name}: what was appended is read in order, from any offset, and without gaps`, async (t) => {
    const counts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(counts, fc.nat(), async (counts, anywhere) => {
        const log = await make(t);
        const groups = await append(log, counts);
        const total = counts.reduce((sum, count) => sum + count, 0);
        assert.equal(endOf(log), total);
        let next = 0;
        for (const { firstOffset, count } of groups) {
          assert.equal(firstOffset, next);
          next += count;
        }
        const from = anywhere % (total + 2);
        const wanted = isGrouped
          ? groups.filter(({ firstOffset, count }) => firstOffset + count > from)
          : recordsOf(groups).filter(({ offset }) => offset >= from);
        const read = await readAll(log, from);
        assert.deepEqual(seen(read), wanted);
        assert.ok(read.every(({ logTimeMs }, i) => i === 0 || logTimeMs >= read[i - 1].logTimeMs));
        if (from < total) assert.equal(log.lastLogTimeMs(), read.at(-1)?.logTimeMs);
        await log.close();
      }),
      { numRuns },
    );
  });

  test(`${name}: more groups than one page of a read come in order`, async (t) => {
    const log = await make(t);
    const groups = await append(log, Array(700).fill(2));
    assert.deepEqual(seen(await readAll(log)), seen(groups));
    assert.deepEqual(
      seen(await readAll(log, isGrouped ? 513 : 512)),
      isGrouped ? groups.slice(256) : recordsOf(groups).slice(512),
    );
  });

  test(`${name}: a read ends where the log ended when it was called, and appends go on meanwhile`, async (t) => {
    const log = await make(t);
    const early = await append(log, Array(isGrouped ? 400 : 40).fill(1));
    const reading = log.read(Array(log.partitions).fill(0));
    const first = isGrouped ? append(log, [5]) : undefined;
    const groups = [];
    for await (const group of reading) {
      await first;
      groups.push(group);
      await append(log, [1]);
    }
    assert.deepEqual(seen(groups), seen(early));
    assert.equal(endOf(log), early.length + (isGrouped ? 5 : 0) + groups.length);
  });

  test(`${name}: a group of 10 MB among small ones comes back as it was`, async (t) => {
    const log = await make(t);
    const small = groupAt(0, 1, 100);
    const large = groupAt(1, 10_000, 10_000_000);
    const last = groupAt(10_001, 1, 100);
    await log.append(small);
    assert.equal((await log.append(large)).firstOffset, 1);
    await log.append(last);
    assert.equal(endOf(log), 10_002);
    const read = await readAll(log, isGrouped ? 5000 : 1);
    assert.equal(read[0].firstOffset, 1);
    assert.equal(
      read.reduce((sum, { count }) => sum + count, 0),
      10_001,
    );
    assert.ok(Buffer.concat(read.map(({ records }) => records)).equals(Buffer.concat([large.records, last.records])));
  });

  test(`${name}: the buffer of a group may be used again after the append`, async (t) => {
    const log = await make(t);
    const group = groupAt(0, 3, 30);
    const before = group.records.slice();
    await log.append(group);
    group.records.fill(0);
    assert.ok(Buffer.concat((await readAll(log)).map(({ records }) => records)).equals(before));
  });

  test(`${name}: an empty group is refused and changes nothing`, async (t) => {
    const log = await make(t);
    await log.append(groupAt(0, 1, 10, 2000));
    await assert.rejects(log.append({ ...groupAt(1, 1, 0, 2000), count: 0 }), RangeError);
    await log.append(groupAt(1, 1, 10, 2000));
    assert.equal(endOf(log), 2);
  });

  if (isGrouped)
    test(`${name}: a log time that goes back is refused and changes nothing`, async (t) => {
      const log = await make(t);
      await log.append(groupAt(0, 1, 10, 2000));
      await assert.rejects(log.append(groupAt(1, 1, 10, 1999)), RangeError);
      await assert.rejects(log.append(groupAt(1, 1, 10, 2000.5)), RangeError);
      await log.append(groupAt(1, 1, 10, 2000));
      assert.equal((await readAll(log)).length, 2);
    });

  test(`${name}: a closed log refuses, also a read under way; closing twice does no harm`, async (t) => {
    const log = await make(t);
    await append(log, [1, 1]);
    const from = Array(log.partitions).fill(0);
    const reading = log.read(from)[Symbol.asyncIterator]();
    await reading.next();
    await log.close();
    await log.close();
    await assert.rejects(log.append(groupAt(2, 1, 10, 5000)), { code: 'LOG_UNAVAILABLE' });
    assert.throws(() => log.read(from), { code: 'LOG_UNAVAILABLE' });
    await assert.rejects(Promise.resolve(reading.next()), { code: 'LOG_UNAVAILABLE' });
  });
};
