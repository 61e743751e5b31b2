/** Hashes over bytes. All are fixed functions: the same bytes give the same value in every process and version. */

/**
 * Kafka's murmur2 (seed 0x9747b28c), as in `org.apache.kafka.common.utils.Utils.murmur2`.
 * @returns a signed 32-bit integer.
 */
export const murmur2 = (bytes: Uint8Array, start = 0, end = bytes.length): number => {
  const m = 0x5bd1e995;
  const length = end - start;
  let h = 0x9747b28c ^ length;
  let i = start;
  for (const last = end - 3; i < last; i += 4) {
    let k = bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    h = Math.imul(h, m) ^ Math.imul(k, m);
  }
  const rest = end - i;
  if (rest >= 3) h ^= bytes[i + 2] << 16;
  if (rest >= 2) h ^= bytes[i + 1] << 8;
  if (rest >= 1) h = Math.imul(h ^ bytes[i], m);
  h ^= h >>> 13;
  h = Math.imul(h, m);
  return h ^ (h >>> 15);
};

/** Shard of a key: Kafka's default partitioner, in embedded mode too, so that both modes put a customer alike. */
export const shardOf = (bytes: Uint8Array, start: number, end: number, shards: number): number =>
  (murmur2(bytes, start, end) & 0x7fffffff) % shards;

/** The two halves of the last 64-bit hash; module state instead of a result object keeps the hot path free of garbage. */
export const hash64 = { lo: 0, hi: 0 };

/** Mixes a 32-bit word so that every input bit reaches every output bit (murmur3's finaliser). */
export const mix32 = (word: number): number => {
  let h = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
};

/** 32-bit hash of a text's UTF-16 units (murmur3), for short texts that never were bytes. */
export const hashText = (text: string, seed: number): number => {
  let h = seed | 0;
  for (let i = 0; i < text.length; i++) {
    const k = Math.imul(text.charCodeAt(i), 0xcc9e2d51);
    h ^= Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
  }
  return mix32(h ^ text.length);
};

/**
 * 64-bit hash of a byte range into {@link hash64}: two murmur3-style lanes with different multipliers.
 * @param seed separates uses (fingerprint of a customer, identity of an event).
 */
export const hashBytes = (bytes: Uint8Array, start: number, end: number, seed: number): void => {
  let a = seed | 0;
  let b = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
  let i = start;
  for (const last = end - 3; i < last; i += 4) {
    const k = bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    a = Math.imul(((a << 13) | (a >>> 19)) ^ Math.imul(k, 0xcc9e2d51), 0x1b873593) + 0x561ccd1b;
    b = Math.imul(((b << 15) | (b >>> 17)) ^ Math.imul(k, 0x239b961b), 0xab0e9789 | 1) + 0x38b34ae5;
  }
  let tail = 0;
  for (let shift = 0; i < end; i++, shift += 8) tail |= bytes[i] << shift;
  const length = end - start;
  a = mix32(a ^ Math.imul(tail, 0xcc9e2d51) ^ length);
  b = mix32(b ^ Math.imul(tail, 0x239b961b) ^ Math.imul(length, 0x9e3779b1));
  hash64.lo = (a + b) >>> 0;
  hash64.hi = mix32(b ^ Math.imul(a, 0x27d4eb2f));
};
