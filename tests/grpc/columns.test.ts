import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { LIMITS } from '../../src/base/limits.ts';
import { cloudEvent } from '../support/cloud-event.ts';
import { Client } from '../support/http-client.ts';
import { startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { GrpcClient, type Message, struct } from './grpc-client.ts';

const AT = '2026-01-31T09:00:00.000Z';
const CUSTOMERS = 60;

/** Numbers of a column, from its bytes alone. */
const numbersOf = ({ f32, u16, scale = 0, offset = 0 }: Message, rows: number): number[] => {
  const bytes: Buffer = f32 ?? u16;
  assert.equal(bytes.length, rows * (f32 === undefined ? 2 : 4));
  return Array.from({ length: rows }, (_, i) =>
    f32 === undefined ? offset + scale * bytes.readUInt16LE(2 * i) : bytes.readFloatLE(4 * i),
  );
};

const rounded = (value: number): number => Math.round(value * 10_000) / 10_000;

test('a batch by columns', async (t) => {
  const service = await startService(t, { args: ['--clock', 'log'] });
  const http = new Client(t, service.http);
  const client = new GrpcClient(t, service.grpc);
  const events = Array.from({ length: CUSTOMERS }, (_, i) =>
    cloudEvent({
      id: `o${i}`,
      subject: `c${i}`,
      time: '2025-12-01T10:00:00Z',
      data: { orderId: `${i}`, amount: 7 * i },
    }),
  );
  await http.events(events);
  const scores = (asked: object) => client.ask('ScoringService', 'scoreBatch', { at: AT, ...asked });

  await t.test(
    'has what the models say of each customer, in order, whether a thread of its own takes it or not',
    async () => {
      for (const size of [1, 64, 200, 1024, 2300]) {
        const customerIds = Array.from({ length: size }, (_, i) => `c${(i * 7) % (CUSTOMERS + 3)}`);
        const { columns, results } = await scores({ customerIds, columns: 'COLUMN_TYPE_F32' });
        const { results: decisions } = await scores({ customerIds });
        assert.deepEqual([columns.rows, results ?? [], columns.at], [size, [], AT]);
        assert.deepEqual(columns.models, decisions[0].models);
        const byName = new Map<string, number[]>(
          columns.columns.map((column: Message) => [`${column.head}.${column.name}`, numbersOf(column, size)]),
        );
        assert.ok(byName.size >= 20, 'all heads');
        for (const [i, { known = false, scores, call, channels }] of decisions.entries()) {
          assert.equal(((columns.known[i >> 3] >> (i & 7)) & 1) === 1, known, customerIds[i]);
          for (const name of ['repurchase30d', 'repurchase90d'])
            assert.equal(rounded(byName.get(`repurchase.${name}`)?.[i] ?? Number.NaN), scores[name]);
          assert.ok(call !== undefined && channels.length > 0);
          for (const column of byName.values()) assert.ok(column[i] >= 0 && column[i] <= 1);
        }
      }
    },
  );

  await t.test(
    'has the same however many come at once, those also that find no room on the thread that was asked',
    async () => {
      const customerIds = Array.from({ length: LIMITS.inlineColumnsCustomersMax }, (_, i) => `c${i % (CUSTOMERS + 3)}`);
      const asked = { customerIds, columns: 'COLUMN_TYPE_F32' };
      const { columns: alone } = await scores(asked);
      const together = 3 * (LIMITS.inlineColumnsWaitingMax / LIMITS.inlineColumnsCustomersMax);
      for (const { columns } of await Promise.all(Array.from({ length: together }, () => scores(asked)))) {
        const { known, columns: numbers } = columns;
        assert.deepEqual([known, numbers], [alone.known, alone.columns]);
      }
    },
  );

  await t.test('has the same where most customers are not in memory, by whatever id they are asked for', async (t) => {
    const config = join(tempFolder(t), 'beckon.yaml');
    writeFileSync(config, 'limits: { rowsMax: 16 }\n');
    const bounded = await startService(t, { args: ['--clock', 'log', '--config', config] });
    const link = { type: 'identity.linked', data: { alias: 'phone:é1' }, time: '2025-12-01T11:00:00Z' };
    const linked = [...events, cloudEvent({ id: 'link', subject: 'c1', ...link })];
    await http.events(linked);
    await new Client(t, bounded.http).events(linked);
    const smaller = new GrpcClient(t, bounded.grpc);
    for (const size of [100, 2000]) {
      const customerIds = Array.from({ length: size }, (_, i) =>
        i % 9 === 0 ? 'phone:é1' : `c${i % (CUSTOMERS + 3)}`,
      );
      const asked = { customerIds, columns: 'COLUMN_TYPE_F32' };
      const { columns } = await scores(asked);
      const { columns: found } = await smaller.ask('ScoringService', 'scoreBatch', { at: AT, ...asked });
      assert.deepEqual([found.known, found.columns], [columns.known, columns.columns]);
      assert.equal(columns.known[0] & 1, 1, 'the alias is known');
    }
  });

  await t.test('takes half the bytes in 16 bits, and is as near as that allows', async () => {
    const customerIds = Array.from({ length: 300 }, (_, i) => `c${i % CUSTOMERS}`);
    const { columns: exact } = await scores({ customerIds, columns: 'COLUMN_TYPE_F32' });
    const { columns: short } = await scores({ customerIds, columns: 'COLUMN_TYPE_U16' });
    for (const [i, column] of short.columns.entries()) {
      const wanted = numbersOf(exact.columns[i], customerIds.length);
      const range = Math.max(...wanted) - Math.min(...wanted);
      const found = numbersOf(column, customerIds.length);
      for (const [row, value] of wanted.entries())
        assert.ok(Math.abs(found[row] - value) <= range / 131_000 + 1e-9, `${column.name} ${found[row]} ${value}`);
    }
  });

  await t.test('is refused as decisions are, and where it asks for what columns have not', async () => {
    const customerIds = ['c1'];
    const columns = 'COLUMN_TYPE_F32';
    const many = Array.from({ length: LIMITS.inlineColumnsCustomersMax + 1 }, () => 'c1');
    const early = '2025-01-01T00:00:00Z';
    const cases: [object, string, string][] = [
      [{ customerIds, columns: 7 }, 'INVALID_ARGUMENT', 'columns: there is no type 7'],
      [{ customerIds, columns, limit: 3 }, 'INVALID_ARGUMENT', 'columns have no channels'],
      [{ customerIds: [], columns }, 'INVALID_ARGUMENT', 'customerIds must name a customer'],
      [{ customerIds: ['c1', ''], columns }, 'INVALID_ARGUMENT', 'customerIds[1] must not be empty'],
      [{ customerIds: ['né', 'a\tb'], columns }, 'INVALID_ARGUMENT', 'customerIds[1] must not contain control'],
      [
        { customerIds: ['x'.repeat(256), 'é'.repeat(129)], columns },
        'INVALID_ARGUMENT',
        'customerIds[1] must have at most',
      ],
      [{ customerIds, columns, at: 'now' }, 'INVALID_ARGUMENT', 'at must be an RFC 3339 time'],
      [{ customerIds, columns, at: '2030-01-01T00:00:00Z' }, 'OUT_OF_RANGE', 'at may lie at most a year ahead'],
      [{ customerIds, columns, campaignId: 'none' }, 'NOT_FOUND', 'the pack has no campaign'],
      [{ customerIds: ['nobody', 'c1'], columns, at: early }, 'FAILED_PRECONDITION', 'customerIds[1]: at is before'],
      [{ customerIds: many, columns, at: early }, 'FAILED_PRECONDITION', 'customerIds[0]: at is before'],
      [{ customerIds: Array(10_001).fill('c'), columns }, 'RESOURCE_EXHAUSTED', 'at most 10000 are allowed'],
    ];
    for (const [asked, code, words] of cases) {
      const refused = await client.refusal('ScoringService', 'scoreBatch', { at: AT, ...asked });
      assert.equal(refused.code, code, words);
      assert.ok(refused.message.includes(words), refused.message);
    }
    const inside = { customerIds, columns, campaignId: 'always-on', context: struct({ hour: 9 }) };
    assert.equal((await scores(inside)).columns.rows, 1);
  });
});
