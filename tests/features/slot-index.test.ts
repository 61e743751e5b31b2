import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hash64 } from '../../src/base/hash.ts';
import { INDEX_LOG2_MIN, SHARD_HEADER } from '../../src/features/shard.ts';
import { SlotIndex } from '../../src/features/slot-index.ts';
import { fingerprint, Table } from '../../src/features/table.ts';
import { makeShard, packOf } from '../support/feature-state.ts';

const { plan } = packOf('tests/support/packs/one-count');

const slotOf = (table: Table, id: string): number => {
  const bytes = Buffer.from(id);
  fingerprint(bytes, 0, bytes.length);
  return table.find(bytes, 0, bytes.length);
};

const insert = (table: Table, id: string): number => {
  const bytes = Buffer.from(`before${id}after`);
  const end = bytes.length - 'after'.length;
  fingerprint(bytes, 'before'.length, end);
  return table.insert(bytes, 'before'.length, end);
};

test('ids of any bytes and up to 256 of them get slots of their own, through several sizes of the table', () => {
  const table = new Table(makeShard(plan).shard);
  const ids = [
    'a',
    'ä',
    'a\u0308',
    '客户',
    '🙂',
    'a b',
    'phone:+49 1',
    'x'.repeat(256),
    `${'x'.repeat(255)}y`,
    '界'.repeat(85),
    ...Array.from({ length: 5000 }, (_, i) => `id-${i}`),
  ];
  const slots = ids.map((id) => insert(table, id));
  assert.deepEqual(slots, [...ids.keys()]);
  assert.ok(table.shard.u32[SHARD_HEADER.indexLog2] >= INDEX_LOG2_MIN + 4);
  assert.deepEqual(
    ids.map((id) => slotOf(table, id)),
    slots,
  );
  for (const near of ['', 'A', 'id-5000', 'x'.repeat(255), 'x'.repeat(257), '客', 'id-1\0'])
    assert.equal(slotOf(table, near), -1, near);
});

test('ids whose hashes are equal are told apart by their bytes', () => {
  const { shard } = makeShard(plan);
  const index = new SlotIndex(shard);
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom('a', 'b', 'ä') }), {
        maxLength: 60,
      }),
      (texts) => {
        // One hash for all: every id probes past all others, and past the end of the table back to its start.
        const hash = 0xffff_ffff;
        const keys = new Map<string, number>();
        for (const [number, text] of texts.entries()) {
          const bytes = Buffer.from(text);
          const known = index.findKey(hash, bytes, 0, bytes.length);
          keys.set(text, known >= 0 ? known : index.insert(hash, bytes, 0, bytes.length, number));
        }
        for (const [text, key] of keys) {
          const bytes = Buffer.from(text);
          assert.equal(index.findKey(hash, bytes, 0, bytes.length), key);
          assert.deepEqual(Buffer.from(index.bytesOf(key)), bytes);
        }
      },
    ),
    { numRuns: 20 },
  );
});

test('room is what inserts really have', () => {
  const { shard, regions } = makeShard(plan);
  const index = new SlotIndex(shard);
  assert.equal(index.hasRoom(1), true);
  shard.u32[SHARD_HEADER.keyHeapWords] = regions.keyHeapEnd - regions.keyHeap - 3;
  assert.equal(index.hasRoom(1), false);
  const id = Buffer.from('12345');
  assert.throws(() => index.insert(1, id, 0, id.length, 0), { code: 'STATE_FULL' });
  assert.equal(index.findKey(1, id, 0, id.length), -1);
});

test('with a bound, what has left leaves its place to the next: index and keys do not grow with all who were ever there', () => {
  const { shard } = makeShard(plan, 0, 1000);
  const index = new SlotIndex(shard);
  const resident = new Map<string, number>();
  let wordsMax = 0;
  for (let number = 0; number < 200_000; number++) {
    const text = `${'x'.repeat(number % 9)}${number}`;
    const id = Buffer.from(text);
    fingerprint(id, 0, id.length);
    resident.set(text, index.insert(hash64.hi, id, 0, id.length, number));
    wordsMax = Math.max(wordsMax, 5 + Math.ceil(id.length / 4));
    if (resident.size <= 1000) continue;
    // The oldest and sometimes a younger one.
    const [gone] = number % 3 === 0 ? [...resident.keys()].slice(number % 500) : resident.keys();
    const bytes = Buffer.from(gone);
    fingerprint(bytes, 0, bytes.length);
    index.remove(hash64.hi, resident.get(gone)!);
    resident.delete(gone);
    if (number % 1000 === 0) assert.equal(index.findKey(hash64.hi, bytes, 0, bytes.length), -1);
  }
  for (const [text, key] of resident) {
    const id = Buffer.from(text);
    fingerprint(id, 0, id.length);
    assert.equal(index.findKey(hash64.hi, id, 0, id.length), key, text);
  }
  const { u32 } = shard;
  assert.ok(u32[SHARD_HEADER.indexLog2] <= 12, `the index has 2^${u32[SHARD_HEADER.indexLog2]} entries`);
  assert.ok(u32[SHARD_HEADER.keyHeapWords] < 3000 * wordsMax, `${u32[SHARD_HEADER.keyHeapWords]} words of keys`);
});
