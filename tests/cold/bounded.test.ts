import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { eventOf, HOUR_MS, KEYS, NOW_MS } from '../erasure/erasure-events.ts';
import { FoldedLog } from '../erasure/folded-log.ts';
import { END_SEC, history } from '../features/histories.ts';
import type { SlowEvent } from '../oracles/slow-event.ts';
import { packOf } from '../support/feature-state.ts';
import { tempFolder } from '../support/temp-folder.ts';

const IDS = [
  ...['ada', 'bob', 'cyd', 'dan', 'eve', 'fay', 'gus', 'hal', '客户', 'i'.repeat(256)],
  ...['phone:1', 'phone:2', 'wecom:3', 'member:4'],
];
const id = fc.constantFrom(...IDS);
const step = fc.oneof(
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('event' as const), id, alias: id }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('again' as const), id, alias: id }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('identity.linked' as const), id, alias: id }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('identity.unlinked' as const), id, alias: id }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('customer.erased' as const), id, alias: id }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('ask' as const), id, alias: id }) },
);

let taken = 0;
/** All that can be asked of a customer. */
const seen = (state: FoldedLog, name: string): unknown => [
  state.read(name, END_SEC + 1e6, KEYS),
  state.reader.offset,
  state.reader.shard,
  state.reader.profile(name),
];

const residents = (state: FoldedLog): number => state.tables.reduce((sum, { shard }) => sum + shard.residents, 0);
const customers = (state: FoldedLog): number =>
  state.tables.reduce((sum, { shard }) => sum + shard.residents + shard.coldCustomers, 0);

for (const folder of ['tests/support/packs/every-kind', 'models/retail'])
  test(`${folder}: a bound on rows shows nowhere, whatever came, was linked, unlinked and erased`, async (t) => {
    const pack = packOf(folder);
    const path = join(tempFolder(t), 'cold.db');
    let evictions = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.noBias(fc.array(step, { minLength: 1, maxLength: 150, size: 'max' })),
        history({ customers: 1, eventsMax: 60 }),
        fc.integer({ min: 3, max: 12 }),
        fc.integer({ min: 1, max: 6 }),
        async (steps, drafts, rowsMax, groupEvents) => {
          const free = new FoldedLog(pack);
          const bounded = new FoldedLog(pack, undefined, { rowsMax, path });
          const sent: SlowEvent[] = [];
          let next = 0;
          let group: SlowEvent[] = [];
          let nowMs = NOW_MS;
          const commit = async (): Promise<void> => {
            if (group.length === 0) return;
            nowMs += HOUR_MS;
            assert.deepEqual(await bounded.commit(group, nowMs), await free.commit(group, nowMs));
            group = [];
          };
          for (const one of steps) {
            if (one.kind === 'ask') {
              await commit();
              assert.deepEqual(seen(bounded, one.id), seen(free, one.id), one.id);
              continue;
            }
            const draft = drafts[next++ % Math.max(1, drafts.length)] ?? eventOf(one.id, 'cart.added', { sku: 'k1' });
            const event =
              one.kind === 'event'
                ? { ...draft, customer: one.id, id: `draft ${taken++}` }
                : one.kind === 'again'
                  ? sent[next % Math.max(1, sent.length)]
                  : eventOf(one.id, one.kind, one.kind === 'customer.erased' ? {} : { alias: one.alias });
            if (event === undefined) continue;
            group.push(event);
            sent.push(event);
            if (group.length >= groupEvents) await commit();
          }
          await commit();
          // Reading moves nothing: so once more, now that some rows are remembered.
          for (const name of [...IDS, ...IDS]) assert.deepEqual(seen(bounded, name), seen(free, name), name);
          assert.equal(bounded.hash, free.hash);
          assert.equal(customers(bounded), customers(free));
          assert.ok(residents(bounded) <= Math.ceil(rowsMax / 4) * 4);
          evictions += bounded.tables.reduce((sum, { shard }) => sum + shard.evictions, 0);
          await bounded.erase();
          bounded.close();
          const restarted = new FoldedLog(pack, bounded.log, { rowsMax, path });
          await restarted.writer.recover();
          assert.equal(restarted.hash, free.hash, 'after a restart');
          for (const name of IDS) assert.deepEqual(seen(restarted, name), seen(free, name), name);
          restarted.close();
        },
      ),
      { numRuns: 60 },
    );
    assert.ok(evictions > 200, `${evictions} evictions`);
  });
