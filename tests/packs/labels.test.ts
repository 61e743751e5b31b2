import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileLabels, compileMoment } from '../../src/packs/labels.ts';

const label = (more: object): object => ({
  labels: [{ name: 'buys', event: 'order.placed', within: '30d', ...more }],
});
const REFUND = { event: 'order.refunded', same: 'orderId', amount: 'amount' };

test('a label names its event, what takes it back and how long', () => {
  const [{ name, withinSec, reversal }] = compileLabels(label({ reversedBy: { ...REFUND, within: '14d' } }));
  assert.deepEqual([name, withinSec, reversal?.same, reversal?.amount], ['buys', 30 * 86_400, 'orderId', 'amount']);
  assert.equal(reversal?.withinSec, 14 * 86_400);
  assert.equal(compileLabels(label({ reversedBy: REFUND }))[0].reversal?.withinSec, undefined);
  assert.equal(compileLabels(label({}))[0].reversal, undefined);
});

const WRONG_LABELS: readonly [reversedBy: object, sentence: string][] = [
  [
    { ...REFUND, event: 'order.refund' },
    'labels.yaml: label `buys`: reversedBy: unknown event `order.refund`, did you mean `order.refunded`?',
  ],
  [
    { ...REFUND, same: 'orderID' },
    'labels.yaml: label `buys`: reversedBy: `order.placed` has no field `orderID`, did you mean `orderId`?',
  ],
  [
    { ...REFUND, amount: 'discount' },
    'labels.yaml: label `buys`: reversedBy: `order.refunded` has no field `discount`',
  ],
  [{ event: 'order.refunded' }, 'labels.yaml: labels[0].reversedBy.same is missing'],
  [{ ...REFUND, withn: '1d' }, 'labels.yaml: labels[0].reversedBy has an unknown key "withn"; did you mean "within"?'],
];

for (const [reversedBy, message] of WRONG_LABELS)
  test(`a wrong reversal is refused: ${message}`, () => {
    assert.throws(() => compileLabels(label({ reversedBy })), { code: 'PACK_INVALID', message });
  });

test('a label that has a field in common with its moment needs a moment with the field', () => {
  const wrong = (same: string, moment?: object) => () =>
    compileLabels({ moment, labels: [{ name: 'buys', event: 'order.placed', within: '7d', same }] });
  const decision = { event: 'decision.made' };
  assert.doesNotThrow(wrong('decisionId', decision));
  assert.throws(wrong('decisionId'), /label `buys`: `same` needs a `moment` with `event`/);
  assert.throws(wrong('orderId', decision), /`decision.made` has no field `orderId`/);
  assert.throws(wrong('sendHour', decision), /`order.placed` has no field `sendHour`/);
});

test('a moment is times, a step or an event', () => {
  const moment = (written?: object) => compileMoment({ moment: written, labels: [] });
  assert.equal(moment(), undefined);
  assert.deepEqual(moment({ at: ['2024-01-01', '2024-02-01T10:00:00Z'] })?.times?.at?.length, 2);
  assert.equal(moment({ every: '7d', from: '2024-01-01' })?.times?.every, '7d');
  assert.deepEqual(moment({ event: 'contact.sent', where: { channel: 'sms' } })?.selector?.typeCodes.length, 1);
});

const WRONG_MOMENTS: readonly [moment: object, sentence: string][] = [
  [{}, 'moment: takes one of `event`, `at` and `every`'],
  [{ event: 'contact.sent', every: '7d' }, 'moment: takes one of `event`, `at` and `every`'],
  [{ event: 'contact.snt' }, 'moment: unknown event `contact.snt`, did you mean `contact.sent`?'],
  [{ event: 'contact.sent', from: '2024-01-01' }, 'moment: `from` and `to` need `every`'],
  [{ at: ['2024-01-01'], where: { channel: 'sms' } }, 'moment: `where` needs `event`'],
  [{ every: '7d', columns: ['actionId'] }, 'moment: `columns` needs `event`'],
  [
    { event: 'decision.made', columns: ['action'] },
    'moment: `decision.made` has no field `action`, did you mean `actionId`?',
  ],
  [{ at: ['1.1.2024'] }, 'moment: a time must be like 2011-06-11 or 2011-06-11T15:00:00Z, not 1.1.2024'],
];

for (const [moment, sentence] of WRONG_MOMENTS)
  test(`a wrong moment is refused: ${sentence}`, () => {
    assert.throws(() => compileMoment({ moment, labels: [] }), {
      code: 'PACK_INVALID',
      message: `labels.yaml: ${sentence}`,
    });
  });
