import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isProblem, readEvent } from '../../src/events/validate.ts';
import { loadMarket } from '../../src/simulation/market.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { eventsOf } from './events-of.ts';

/** What a market file with these contents is refused with. */
const refusal = (folder: string, contents: unknown): string => {
  const path = join(folder, 'market.json');
  writeFileSync(path, typeof contents === 'string' ? contents : JSON.stringify(contents));
  try {
    loadMarket(path);
    return '';
  } catch (error) {
    return (error as Error).message.replace(path, 'FILE');
  }
};

/** A channel that plain does not have. */
const EMAIL = { ...loadMarket('plain').channels.sms, needs: 'none' };

test('a market file that cannot be used says why', (t) => {
  const folder = tempFolder(t);
  const plain = { extends: 'plain' };
  const says: [unknown, RegExp][] = [
    ['{', /FILE is not JSON/],
    ['[]', /must be a JSON object/],
    [{}, /is missing/],
    [{ extends: 'plane' }, /extends must be one of plain, drift, shifted/],
    [{ ...plain, nead: {} }, /unknown key "nead"; did you mean "need"\?/],
    [{ ...plain, need: { tripsPerDay: 'often' } }, /need\.tripsPerDay must be a number, not a string/],
    [{ ...plain, channels: { smoke_signal: {} } }, /channels\.smoke_signal/],
    [{ ...plain, actions: { add_friend: { channels: ['email'] } } }, /actions\.add_friend\.channels names email/],
    [{ ...plain, start: '2025-02-30' }, /start must be a date/],
    [{ ...plain, people: { regular: 0.7, sleepers: 0.5 } }, /add up to more than 1/],
    [{ ...plain, drift: { at: 0.5, changes: { need: { width: 0 } } } }, /after its drift: need\.width/],
    [{ ...plain, drift: { at: 0.5, changes: { channels: { email: EMAIL } } } }, /cannot bring a new channel/],
  ];
  for (const [contents, expected] of says) assert.match(refusal(folder, contents), expected);
  assert.throws(() => loadMarket('plian'), /did you mean plain\?/);
});

test('markets far from ours run, and what they tell is taken', async (t) => {
  const folder = tempFolder(t);
  const markets: unknown[] = [
    {
      historyDays: 0,
      people: { during: 0, prospects: 1, zones: [{ timezone: 'Europe/London', utcOffsetHours: 0, share: 1 }] },
    },
    {
      people: { regular: 1, sleepers: 0, bots: 0.5, missing: 1 },
      observation: { duplicates: 0.5, late: 0.4, lateHours: 900 },
    },
    {
      items: [{ sku: 'One.1', category: 'one', taste: 'plain', price: 1000, margin: 0, supplyDays: 1, weight: 1 }],
      response: { link: 'cloglog', delayDays: 20 },
      irritation: { exponent: 4, scale: 0.1, complaint: 1, optOut: 1, leave: 1 },
      decisions: { everyDays: 1, ruleShare: 0, holdShare: 0, fromHour: 0, toHour: 24 },
      calendar: { promotions: [{ name: 'new-year', day: '12-31', days: 20, factor: 9 }] },
    },
  ];
  for (const [i, changes] of markets.entries()) {
    const path = join(folder, `${i}.json`);
    writeFileSync(path, JSON.stringify({ extends: 'plain', name: `far-${i}`, ...(changes as object) }));
    const lines = await eventsOf({ market: path, customers: 120, days: 25 });
    assert.ok(lines.length > 500, `${i}: ${lines.length}`);
    for (const line of lines) {
      const event = readEvent(JSON.parse(line), 'beckon');
      assert.ok(!isProblem(event), `${(event as { message?: string }).message}: ${line}`);
    }
  }
});

test('a drift changes what comes after it and nothing before', async () => {
  const { drift, ...steady } = loadMarket('drift');
  const day = (line: string): string => /"time":"([^T]+)/.exec(line)![1];
  const before = (lines: readonly string[]): string[] => lines.filter((line) => day(line) < '2025-03-10').sort();
  const [moved, stayed] = [await eventsOf({ market: { ...steady, drift } }), await eventsOf({ market: steady })];
  assert.deepEqual(before(moved), before(stayed));
  assert.notDeepEqual(moved.slice().sort(), stayed.slice().sort());
});
