import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';

/** Takes bodies of 30 KB, 1 GB in all, in turns of the loop. @returns how often V8 marked its whole heap */
const marks = async (told: boolean): Promise<number> => {
  const source = `
    const { PerformanceObserver, constants } = require('node:perf_hooks');
    const { parentPort } = require('node:worker_threads');
    let marks = 0;
    const count = (entries) => {
      for (const { detail } of entries) if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) marks++;
    };
    const observer = new PerformanceObserver((list) => count(list.getEntries()));
    observer.observe({ entryTypes: ['gc'] });
    const run = async ({ bodyCame }) => {
      for (let turn = 0; turn < 2000; turn++) {
        for (let i = 0; i < 17; i++) {
          const body = Buffer.alloc(30_000, 1);
          if (${told}) bodyCame(body.length);
        }
        await new Promise(setImmediate);
      }
      count(observer.takeRecords());
      parentPort.postMessage(marks);
    };
    import(${JSON.stringify(new URL('../../src/serving/http/body-garbage.ts', import.meta.url).href)}).then(run);
  `;
  const worker = new Worker(source, { eval: true });
  const [count] = await once(worker, 'message');
  await worker.terminate();
  return count as number;
};

test('bodies that were read do not make V8 mark its whole heap again and again', async () => {
  const without = await marks(false);
  const told = await marks(true);
  assert.ok(without >= 8 && told <= without / 3, `${told} against ${without} marks`);
});
