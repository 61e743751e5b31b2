import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { ItemBoard } from '../../src/features/item-board.ts';
import type { Item } from '../../src/features/items.ts';
import { RuleItems } from '../../src/packs/rule-items.ts';

const DECLARED = new Map<string, Item>([
  ['a', { price: 1, category: 'x' }],
  ['b', { price: 2 }],
  ['c', {}],
]);
const ASKED = new Set(['price', 'category', '__proto__', 'note']);

const value = fc.oneof(
  fc.constant(null),
  fc.integer({ min: 0, max: 3 }),
  fc.boolean(),
  fc.constantFrom('', '茶\n"', 'x'),
);
const told = fc.record({
  sku: fc.constantFrom('a', 'b', 'c', 'undeclared'),
  category: fc.option(fc.constantFrom('x', 'y'), { nil: undefined }),
  attributes: fc.option(
    fc.dictionary(fc.constantFrom('price', 'note', '__proto__', 'category', 'sku', 'unasked'), value),
    {
      nil: undefined,
    },
  ),
  // Long enough for halves to be changed several times.
  size: fc.integer({ min: 0, max: 30_000 }),
});
const step = fc.oneof(
  { weight: 5, arbitrary: told.map((data) => ({ do: 'tell' as const, data })) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('refresh', 'join', 'take over', 'restore')
      .map((what) => ({ do: what, data: undefined })),
  },
);

/** What an item is after some have told of it, worked out from them all. */
const twinOf = (
  sku: string,
  all: readonly { sku: string; category?: string; attributes?: Record<string, unknown> }[],
) => {
  const item = new Map<string, unknown>(Object.entries(DECLARED.get(sku) as Item));
  for (const data of all)
    if (data.sku === sku) {
      for (const [name, to] of Object.entries(data.attributes ?? {}))
        if (ASKED.has(name) && name !== 'category') item.set(name, to);
      if (data.category !== undefined) item.set('category', data.category);
    }
  for (const [name, is] of item) if (is === null) item.delete(name);
  return new Map([...item, ['sku', sku]].sort() as [string, unknown][]);
};

test('every reader sees of each item what was told last, whenever it looks, joins, or another writes', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let memory = ItemBoard.makeMemory();
      const open = () => new ItemBoard(memory, DECLARED, ASKED);
      let writer = open();
      const readers: RuleItems[] = [];
      const join = () => {
        const items = new RuleItems(DECLARED);
        items.follow(open());
        readers.push(items);
      };
      join();
      const all: Parameters<typeof twinOf>[1][number][] = [];
      for (const { do: what, data } of steps) {
        if (what === 'tell') {
          const { size, attributes, ...rest } = data as NonNullable<typeof data>;
          const long = { ...rest, ...(attributes && { attributes: { ...attributes, note: 'n'.repeat(size) } }) };
          writer.tell(JSON.parse(JSON.stringify(long)));
          all.push(long as (typeof all)[number]);
        } else if (what === 'refresh') readers[0].refresh();
        else if (what === 'join') join();
        else if (what === 'take over') writer = open();
        else {
          const { told } = writer;
          memory = ItemBoard.makeMemory();
          writer = open();
          writer.resume(JSON.parse(JSON.stringify(told)));
          readers.length = 0;
          join();
        }
      }
      for (const items of readers) {
        items.refresh();
        for (const [place, sku] of [...DECLARED.keys()].entries())
          assert.deepEqual(new Map(Object.entries(items.list[place + 1] as Item).sort()), twinOf(sku, all));
      }
    }),
  );
});

test('another thread that reads while halves are changed reads whole lines, none older than one before', async () => {
  const memory = ItemBoard.makeMemory();
  const last = 40_000;
  const worker = new Worker(new URL('./board-reader.ts', import.meta.url), { workerData: { memory, last } });
  const answer = once(worker, 'message');
  const exited = once(worker, 'exit');
  await once(worker, 'online');
  const writer = new ItemBoard(memory, DECLARED, ASKED);
  const skus = [...DECLARED.keys()];
  const note = 'n'.repeat(300);
  for (let price = 1; price <= last; price++) {
    writer.tell({ sku: skus[price % 3], attributes: { price, note } });
    // Somebody has to come to read between.
    if (price % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const [{ reads, prices }] = await answer;
  assert.ok(reads > 1, `${reads} reads`);
  for (const [sku, price] of prices) assert.ok(price > last - 3, `${sku} ${price}`);
  await exited;
});

test('what nobody may ask for is not kept, and nothing is where no rule asks', () => {
  const memory = ItemBoard.makeMemory();
  const none = new ItemBoard(memory, DECLARED, new Set());
  none.tell({ sku: 'a', category: 'y' });
  assert.deepEqual([none.told, none.hasNews], [[], false]);
  const some = new ItemBoard(memory, DECLARED, ASKED);
  some.tell({ sku: 'a', attributes: { unasked: 1 } });
  some.tell({ sku: 'undeclared', category: 'y' });
  assert.deepEqual([some.told, some.hasNews], [[], false]);
});
