import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hash64 } from '../../src/base/hash.ts';
import { eventHash, foldSubject } from '../../src/state/dedupe.ts';

/** Hash of the parts as they stand one after another in a record. */
const hashOf = (source: string, id: string, subject?: string): bigint => {
  const parts = [source, id, subject ?? ''].map((part) => Buffer.from(part));
  const bytes = Buffer.concat(parts);
  const idStart = parts[0].length;
  const idEnd = idStart + parts[1].length;
  eventHash(bytes, 0, idStart, idStart, idEnd);
  if (subject !== undefined) foldSubject(bytes, idEnd, bytes.length);
  return (BigInt(hash64.hi) << 32n) | BigInt(hash64.lo);
};

test('the hash of an event is fixed for ever: windows and ties of old logs depend on it', () => {
  assert.equal(hashOf('urn:shop', 'order-1').toString(16), '20a9b96d54c5353d');
  assert.equal(hashOf('urn:shop', 'order-1', 'customer-1').toString(16), '57ffff369a3fccf');
});

test('parts that only look alike when joined have different hashes', () => {
  const alike = [
    hashOf('ab', 'c'),
    hashOf('a', 'bc'),
    hashOf('c', 'ab'),
    hashOf('', 'abc'),
    hashOf('abc', ''),
    hashOf('ab\0', 'c'),
    hashOf('ab', '\0c'),
    hashOf('ab', 'c', ''),
    hashOf('ab', '', 'c'),
    hashOf('', 'ab', 'c'),
    hashOf('ab', 'c', 'd'),
    hashOf('ab', 'd', 'c'),
  ];
  assert.equal(new Set(alike).size, alike.length);
});

for (const [what, idOf] of [
  ['decimal ids', (i: number) => `order-${i}`],
  ['padded ids', (i: number) => String(i).padStart(16, '0')],
] as const) {
  test(`a million sequential ${what} collide nowhere and fill buckets evenly`, () => {
    const hashes = new BigUint64Array(1_000_000);
    const buckets = new Uint32Array(1024);
    for (let i = 0; i < hashes.length; i++) {
      hashes[i] = hashOf('urn:shop', idOf(i), 'customer-1');
      buckets[hash64.lo & 1023]++;
    }
    hashes.sort();
    for (let i = 1; i < hashes.length; i++) assert.notEqual(hashes[i], hashes[i - 1]);
    // 977 expected a bucket, with a standard deviation of 31.
    assert.ok(Math.max(...buckets) < 977 + 6 * 31, `${Math.max(...buckets)} in one bucket`);
    assert.ok(Math.min(...buckets) > 977 - 6 * 31, `${Math.min(...buckets)} in one bucket`);
    // Either half alone is good too: 32 bits of a million give about 116 pairs by chance.
    const halves = Uint32Array.from(hashes, (hash) => Number(hash & 0xffffffffn)).sort();
    let pairs = 0;
    for (let i = 1; i < halves.length; i++) if (halves[i] === halves[i - 1]) pairs++;
    assert.ok(pairs < 200, `${pairs} pairs share their low half`);
  });
}
