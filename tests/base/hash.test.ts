import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hash64, hashBytes, murmur2, shardOf } from '../../src/base/hash.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

test('murmur2 is that of Kafka, so that both modes put a customer into the same shard', () => {
  // The values of Kafka's own test of its partitioner.
  const known = {
    '21': -973932308,
    foobar: -790332482,
    'a-little-bit-long-string': -985981536,
    'a-little-bit-longer-string': -1486304829,
    lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
    abc: 479470107,
  };
  for (const [text, hash] of Object.entries(known)) assert.equal(murmur2(bytes(text)), hash, text);
});

test('a hash depends on the bytes of the range alone', () => {
  const whole = bytes('xxcustomer-17yy');
  hashBytes(whole, 2, 13, 7);
  const { lo, hi } = hash64;
  hashBytes(bytes('customer-17'), 0, 11, 7);
  assert.deepEqual({ ...hash64 }, { lo, hi });
  assert.equal(shardOf(whole, 2, 13, 16), shardOf(bytes('customer-17'), 0, 11, 16));
  hashBytes(bytes('customer-17'), 0, 11, 8);
  assert.notDeepEqual({ ...hash64 }, { lo, hi });
});

test('ids that differ in one character differ in both halves of the hash, and spread over tables and shards', () => {
  const los = new Set<number>();
  const his = new Set<number>();
  const shards = new Array<number>(16).fill(0);
  const buckets = new Array<number>(1024).fill(0);
  const ids = 100_000;
  for (let i = 0; i < ids; i++) {
    const id = bytes(`customer-${i}`);
    hashBytes(id, 0, id.length, 1);
    los.add(hash64.lo);
    his.add(hash64.hi);
    shards[shardOf(id, 0, id.length, 16)]++;
    buckets[hash64.hi & 1023]++;
  }
  // 100,000 random values of 32 bits collide about once.
  assert.ok(los.size > ids - 20 && his.size > ids - 20, `${los.size} ${his.size}`);
  assert.ok(Math.min(...shards) > 0.9 * (ids / 16) && Math.max(...shards) < 1.1 * (ids / 16), String(shards));
  assert.ok(Math.max(...buckets) < 2 * (ids / 1024), String(Math.max(...buckets)));
});
