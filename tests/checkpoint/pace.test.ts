import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Pace, restMs } from '../../src/app/threads/pace.ts';

test('work in the background takes a tenth of a core, and hurries as the room that it costs fills', () => {
  assert.equal(restMs(1, 0), 9);
  const cpuMs = fc.double({ min: 0.01, max: 1000, noNaN: true });
  const fill = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(cpuMs, fill, fill, (cpu, a, b) => {
      assert.ok(restMs(cpu, Math.min(a, b)) >= restMs(cpu, Math.max(a, b)));
      assert.ok(a < 0.5 || restMs(cpu, a) === 0);
    }),
  );
});

test('a rest is as long as the CPU time since the last one asks for', () => {
  const work = (ms: number): number => {
    const start = process.threadCpuUsage();
    const spent = (): number => {
      const { user, system } = process.threadCpuUsage();
      return (user + system - start.user - start.system) / 1000;
    };
    while (spent() < ms);
    return spent();
  };
  const pace = new Pace();
  const cpuMs = work(5);
  const startMs = performance.now();
  pace.rest(0);
  assert.ok(performance.now() - startMs >= restMs(cpuMs, 0) - 1);
});
