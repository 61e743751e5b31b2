import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { EventLog } from '../../src/log/event-log.ts';
import { appendCounts, groupAt, readAll } from './groups.ts';

/** What every implementation of the port promises. Each call of `make` gives a new empty log that the test owns. */
export const contractOfEventLog = (name: string, make: (t: TestContext) => EventLog): void => {
  test(`${name}: a new log is empty`, async (t) => {
    const log = make(t);
    assert.deepEqual(log.ends(), Array(log.partitions).fill(0));
    assert.equal(log.lastLogTimeMs(), 0);
    assert.deepEqual(await readAll(log), []);
  });

  test(`${name}: what was appended is read in order, from any offset, in whole groups and without gaps`, async (t) => {
    const counts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(counts, fc.nat(), async (counts, anywhere) => {
        const log = make(t);
        const groups = await appendCounts(log, counts);
        const total = counts.reduce((sum, count) => sum + count, 0);
        assert.deepEqual(log.ends(), [total]);
        assert.equal(log.lastLogTimeMs(), groups.at(-1)?.logTimeMs);
        let next = 0;
        for (const { firstOffset, count } of groups) {
          assert.equal(firstOffset, next);
          next += count;
        }
        const from = anywhere % (total + 2);
        const wanted = groups.filter(({ firstOffset, count }) => firstOffset + count > from);
        assert.deepEqual(await readAll(log, from), wanted);
        await log.close();
      }),
      { numRuns: 25 },
    );
  });

  test(`${name}: more groups than one page of a read come in order`, async (t) => {
    const log = make(t);
    const groups = await appendCounts(log, Array(700).fill(2));
    assert.deepEqual(await readAll(log), groups);
    assert.deepEqual(await readAll(log, 513), groups.slice(256));
  });

  test(`${name}: a read ends where the log ended when it was called, and appends go on meanwhile`, async (t) => {
    const log = make(t);
    const early = await appendCounts(log, Array(400).fill(1));
    const reading = log.read([0]);
    await appendCounts(log, [5]);
    const seen = [];
    for await (const group of reading) {
      seen.push(group);
      await appendCounts(log, [1]);
    }
    assert.deepEqual(seen, early);
    assert.deepEqual(log.ends(), [805]);
  });

  test(`${name}: a group of 10 MB among small ones comes back as it was`, async (t) => {
    const log = make(t);
    const large = groupAt(1, 10_000, 10_000_000);
    await log.append(groupAt(0, 1, 100));
    assert.deepEqual(await log.append(large), { partition: 0, firstOffset: 1 });
    await log.append(groupAt(10_001, 1, 100));
    const read = await readAll(log, 5000);
    assert.deepEqual(
      read.map(({ firstOffset }) => firstOffset),
      [1, 10_001],
    );
    assert.ok(Buffer.from(read[0].records).equals(large.records));
  });

  test(`${name}: the buffer of a group may be used again after the append`, async (t) => {
    const log = make(t);
    const group = groupAt(0, 3, 30);
    const before = group.records.slice();
    await log.append(group);
    group.records.fill(0);
    assert.deepEqual((await readAll(log))[0].records, before);
  });

  test(`${name}: an empty group and a log time that goes back are refused and change nothing`, async (t) => {
    const log = make(t);
    await log.append(groupAt(0, 1, 10, 2000));
    await assert.rejects(log.append(groupAt(1, 1, 10, 1999)), RangeError);
    await assert.rejects(log.append(groupAt(1, 1, 10, 2000.5)), RangeError);
    await assert.rejects(log.append(groupAt(1, 0, 0, 2000)), RangeError);
    await log.append(groupAt(1, 1, 10, 2000));
    assert.equal((await readAll(log)).length, 2);
  });

  test(`${name}: a closed log refuses, also a read under way; closing twice does no harm`, async (t) => {
    const log = make(t);
    await appendCounts(log, [1, 1]);
    const reading = log.read([0])[Symbol.asyncIterator]();
    await reading.next();
    await log.close();
    await log.close();
    await assert.rejects(log.append(groupAt(2, 1, 10, 5000)), { code: 'LOG_UNAVAILABLE' });
    assert.throws(() => log.read([0]), { code: 'LOG_UNAVAILABLE' });
    await assert.rejects(Promise.resolve(reading.next()), { code: 'LOG_UNAVAILABLE' });
  });
};
