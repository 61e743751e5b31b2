import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ThreadTimes, threadTimesOf, waitedSecOf } from '../../bench/cpu-time.ts';
import type { LaneResult } from '../../load-tests/open-loop/open-loop.ts';
import { PERCENTILES } from '../../load-tests/open-loop/percentiles.ts';
import { latencyProblems } from '../../load-tests/open-loop/side-table.ts';
import { ratioAt, resultOf, type Side, type SideResult } from '../../load-tests/open-loop/sides.ts';

const lane = (ms: number, isVoid = false, wrongCount = 0): LaneResult => ({
  name: 'scores',
  planned: 100,
  answered: 100,
  late: isVoid ? 50 : 0,
  isVoid,
  latency: PERCENTILES.map(() => ms),
  wrongCount,
  wrong: wrongCount === 0 ? [] : ['wrong'],
  perSec: 10,
});
const sideOf = (name: string, ...lanes: LaneResult[]): SideResult =>
  resultOf(
    { name, lanes: [{ ratePerSec: 10 }] } as unknown as Side,
    lanes.map((one) => [one]),
    lanes.map(() => 0),
  );

test('void runs count for nothing, also not in the other side of their pair', () => {
  const control = sideOf('control', lane(1), lane(1, true), lane(2), lane(1));
  const service = sideOf('service', lane(3), lane(100), lane(6), lane(900, true));
  assert.equal(ratioAt(service, control, 99), 3);
  assert.equal(service.latency[0], 6);
  assert.deepEqual(latencyProblems([control, service]), []);
});

test('a p99 past four times the control, wrong answers and nothing valid each end badly', () => {
  const control = sideOf('control', lane(1));
  assert.match(latencyProblems([control, sideOf('service', lane(4.5))])[0], /p99 is 4\.5 times/);
  assert.match(latencyProblems([control, sideOf('service', lane(1, false, 7))])[0], /7 wrong answers: wrong/);
  const late = sideOf('service', lane(1, true));
  assert.ok(Number.isNaN(ratioAt(late, control, 99)));
  assert.match(latencyProblems([control, late])[0], /sent late in every run/);
});

test('while ingesting three times the latency beside other work is allowed, and that one is held against nothing', () => {
  const [control, beside] = [sideOf('control', lane(1)), sideOf('beside', lane(50))];
  assert.deepEqual(latencyProblems([control, beside, sideOf('ingesting', lane(149))]), []);
  assert.match(latencyProblems([control, beside, sideOf('ingesting', lane(151))])[0], /and not 3/);
});

test('the thread that ran most tells how long it waited for a core, and nobody where none is known', () => {
  const times = (...all: [string, number, number][]): ThreadTimes =>
    new Map(all.map(([thread, ranSec, waitedSec]) => [thread, { ranSec, waitedSec }]));
  const before = times(['busy before', 90, 9], ['busy now', 1, 1]);
  const after = times(['busy before', 91, 10], ['busy now', 9, 3.5], ['new', 2, 0]);
  assert.equal(waitedSecOf(before, after), 2.5);
  assert.ok(Number.isNaN(waitedSecOf(times(), times())));
  const own = threadTimesOf(process.pid);
  for (const { ranSec } of own.values()) assert.ok(ranSec >= 0);
  assert.equal(own.size > 0, process.platform === 'linux');
});
