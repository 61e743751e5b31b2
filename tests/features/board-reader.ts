import { parentPort, workerData } from 'node:worker_threads';
import { ItemBoard, type ItemBoardMemory } from '../../src/features/item-board.ts';

/** Takes over news as fast as it can until it has read of a last price. Answers how often there were any, and what it ended with. */
const { memory, last } = workerData as { memory: ItemBoardMemory; last: number };
const board = new ItemBoard(memory, new Map(), new Set());
const prices = new Map<string, unknown>();
let reads = 0;
for (let isOver = false; !isOver; ) {
  if (!board.hasNews) continue;
  reads++;
  for (const [sku, facts] of board.news()) {
    const price = Object.fromEntries(facts).price as number;
    if (price < ((prices.get(sku) as number | undefined) ?? 0)) throw new Error(`${sku} went back to ${price}`);
    prices.set(sku, price);
    isOver ||= price === last;
  }
}
parentPort?.postMessage({ reads, prices: [...prices] });
