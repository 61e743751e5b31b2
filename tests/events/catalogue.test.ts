import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CATALOGUE, definitionOfCode, definitionOfType } from '../../src/events/catalogue.ts';
import { CHANNELS, channelCode, DISPOSITIONS, dispositionCode } from '../../src/events/channels.ts';
import { eventsTable, eventTypesAnswer } from '../../src/events/document.ts';
import { withBlock } from '../support/generate.ts';
import { DESIGN_TABLE, MADE_BY_BECKON } from './design-table.ts';

test('the catalogue has exactly the types and fields of the contract', () => {
  const fields: Record<string, string> = {};
  for (const { type, schema } of CATALOGUE) {
    const required = (schema.required ?? []) as string[];
    const names = Object.keys(schema.properties).map((name) => (required.includes(name) ? `${name}!` : name));
    fields[type] = names.sort().join(' ');
  }
  const expected = Object.fromEntries(
    Object.entries(DESIGN_TABLE).map(([type, names]) => [type, names.split(' ').sort().join(' ')]),
  );
  assert.deepEqual(fields, expected);
});

test('only the types that Beckon makes are marked as its own', () => {
  const marked = CATALOGUE.filter((definition) => definition.madeByBeckon).map((definition) => definition.type);
  assert.deepEqual(marked.sort(), [...MADE_BY_BECKON].sort());
});

test('codes that stand in logs keep their meaning', () => {
  // One pair a family: a renumbering would read old logs as other events.
  const pairs: Record<number, string> = {
    1: 'order.placed',
    2: 'order.refunded',
    20: 'product.viewed',
    33: 'activity.recorded',
    40: 'contact.sent',
    65: 'call.ended',
    80: 'ticket.opened',
    89: 'customer.erased',
    100: 'outcome.recorded',
    105: 'pack.changed',
  };
  for (const [code, type] of Object.entries(pairs)) assert.equal(definitionOfCode(Number(code))?.type, type);
  for (const definition of CATALOGUE) {
    assert.equal(definitionOfType(definition.type), definition);
    assert.equal(definitionOfCode(definition.code), definition);
  }
  assert.equal(definitionOfType('toString'), undefined);
  assert.equal(definitionOfCode(60_000), undefined);
});

test('channels and dispositions keep their codes', () => {
  assert.equal(
    CHANNELS.join(' '),
    'wecom wecom_group moments official_account sms ai_call human_call im_ticket app_push mini_program live email',
  );
  assert.equal(
    DISPOSITIONS.join(' '),
    'answered_converted answered_interested answered_not_interested answered_callback answered_refused no_answer busy voicemail invalid_number dropped failed',
  );
  assert.deepEqual([channelCode('wecom'), channelCode('email'), channelCode('fax')], [0, 11, -1]);
  assert.deepEqual([dispositionCode('busy'), dispositionCode('ok')], [6, -1]);
});

test('docs/events.md has the table of the code and explains every channel and disposition', () => {
  const page = readFileSync(new URL('../../docs/events.md', import.meta.url), 'utf8');
  assert.equal(withBlock(page, 'events', eventsTable()), page, 'run npm run generate');
  for (const word of [...CHANNELS, ...DISPOSITIONS])
    assert.ok(page.includes(`\`${word}\``), `${word} is not explained`);
});

test('the types answer is plain JSON with a schema for every type', () => {
  const { types } = JSON.parse(JSON.stringify(eventTypesAnswer())) as ReturnType<typeof eventTypesAnswer>;
  assert.equal(types.length, CATALOGUE.length);
  const order = types.find(({ type }) => type === 'order.placed');
  assert.equal(order?.dataschema, 'urn:beckon:event:order.placed:1');
  assert.deepEqual((order?.schema as { required?: string[] } | undefined)?.required, ['orderId', 'amount']);
});
