import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TimerWheel } from '../../src/base/timer-wheel.ts';

/** The slow twin: looks at everybody. */
class SlowWheel {
  readonly due = new Map<number, number>();

  take(untilSec: number): [number, number][] {
    const found = [...this.due].filter(([, sec]) => sec <= untilSec);
    for (const [id] of found) this.due.delete(id);
    return found.map(([id, sec]) => [sec, id]);
  }
}

const START = 1_700_000_000;
const ordered = (taken: [number, number][]) => taken.sort(([a, i], [b, j]) => a - b || i - j);

const takeAll = (wheel: TimerWheel, untilSec: number): [number, number][] => {
  const taken: [number, number][] = [];
  for (let id = wheel.next(untilSec); id >= 0; id = wheel.next(untilSec)) taken.push([wheel.at, id]);
  return taken;
};

// Steps of all sizes: within a list, over the edges of levels, over months.
const step = fc.oneof(fc.nat(3), fc.nat(300), fc.nat(70_000), fc.nat(20_000_000));
const act = fc.oneof(
  fc.record({ do: fc.constant('put' as const), id: fc.nat(2000), in: step }),
  fc.record({ do: fc.constant('late' as const), id: fc.nat(2000), in: step }),
  fc.record({ do: fc.constant('remove' as const), id: fc.nat(2000), in: fc.constant(0) }),
  fc.record({ do: fc.constant('go' as const), id: fc.constant(0), in: step }),
);

test('a wheel gives the same as looking at everybody, for every way of time', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 200 }), (acts) => {
      const wheel = new TimerWheel();
      const slow = new SlowWheel();
      let now = START;
      for (const { do: what, id, in: sec } of acts) {
        if (what === 'put' || what === 'late') {
          const at = what === 'put' ? now + sec : Math.max(1, now - sec);
          wheel.put(id, at);
          slow.due.set(id, at);
        } else if (what === 'remove') {
          wheel.remove(id);
          slow.due.delete(id);
        } else {
          now += sec;
          assert.deepEqual(ordered(takeAll(wheel, now)), ordered(slow.take(now)));
        }
        assert.equal(wheel.count, slow.due.size);
        assert.equal(wheel.dueOf(id), slow.due.get(id) ?? 0);
      }
    }),
    { numRuns: 300 },
  );
});

test('what is due comes in the order of its seconds, and what is put meanwhile in its turn', () => {
  const wheel = new TimerWheel();
  assert.equal(wheel.next(START), -1);
  for (let id = 0; id < 5000; id++) wheel.put(id, START + 1 + ((id * 7919) % 1_000_000));
  let last = 0;
  let again = 0;
  for (let id = wheel.next(START + 1_000_000); id >= 0; id = wheel.next(START + 1_000_000)) {
    assert.ok(wheel.at >= last, `${wheel.at} after ${last}`);
    last = wheel.at;
    if (id < 100 && again++ < 300) wheel.put(id, wheel.at + 1000);
  }
  assert.equal(wheel.count, 0);
  assert.ok(again >= 300);
});
