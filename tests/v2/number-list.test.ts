import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { CUT, cutNumbers } from '../../src/serving/v2/number-list.ts';

const space = fc.stringMatching(/^[ \n\r\t]{0,2}$/);
const digits = (from: number, to: number) => fc.stringMatching(new RegExp(`^\\d{${from},${to}}$`));
/** A number as JSON may have it. */
const written = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(fc.constant('0'), fc.stringMatching(/^[1-9]\d{0,20}$/)),
    fc.option(digits(1, 22)),
    fc.option(fc.stringMatching(/^[eE][+-]?\d{1,2}$/), { freq: 5 }),
  )
  .map(
    ([sign, whole, fraction, exponent]) => sign + whole + (fraction === null ? '' : `.${fraction}`) + (exponent ?? ''),
  );
const number = fc.oneof(
  written,
  fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.float({ min: 0, max: 1, noNaN: true }).map((value) => value.toPrecision(7)),
);
const bodyOf = (list: string): string =>
  `{"inputs":[{"name":"a\\"data\\":[7]","shape":[1],"data":${list},"x":{}}],"id":"é"}`;

test('numbers are those that JSON.parse would make 32-bit floats of, and all else stays', () => {
  const list = fc.array(fc.tuple(space, number, space), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(list, space, space, (parts, before, after) => {
      const text = `[${parts.map((part) => part.join('')).join(',')}]`;
      const cut = cutNumbers(Buffer.from(bodyOf(before + text + after)));
      assert.ok(cut !== undefined, text);
      assert.deepEqual(cut.numbers, Float32Array.from(JSON.parse(text)));
      assert.deepEqual(JSON.parse(cut.json.toString()), JSON.parse(bodyOf(JSON.stringify([CUT]))));
    }),
    { numRuns: 3000 },
  );
});

test('a number in the middle between two floats, or beside it, is rounded as JSON.parse and a float round it', () => {
  const texts: string[] = [];
  for (let i = 0; i < 3000; i++) {
    const float = Math.fround(Math.abs(Math.sin(i)) * 2 ** ((i % 40) - 20));
    const next = float * (1 + 2 ** -23);
    const middle = (float + next) / 2;
    for (const value of [middle, middle * (1 + 2 ** -52), middle * (1 - 2 ** -52)])
      if (value >= 1e-6)
        texts.push(value.toFixed(Math.min(17, 100)), String(value), value.toPrecision(16), value.toPrecision(17));
  }
  const plain = texts.filter((text) => !text.includes('e'));
  const list = `[${plain.join(',')}]`;
  assert.deepEqual(cutNumbers(Buffer.from(bodyOf(list)))?.numbers, Float32Array.from(JSON.parse(list)));
});

test('whatever else stands there is left to JSON.parse', () => {
  for (const list of [
    ...[
      '[]',
      '[ ]',
      '[1,]',
      '[,1]',
      '[1 2]',
      '[1',
      '[1,2',
      '{"a":1}',
      '7',
      'null',
      '[[1,2]]',
      '[1,[2]]',
      '["1"]',
      '[1,"2"]',
    ],
    ...[
      '[01]',
      '[-]',
      '[.5]',
      '[1.]',
      '[1.2.3]',
      '[1e]',
      '[+1]',
      '[0x1]',
      '[NaN]',
      '[Infinity]',
      '[null]',
      '[true]',
      '[--1]',
      '[1-2]',
    ],
    ...['[00.5]', '[-01]', '[1.e3]', '[1e5.5]', `[${'1'.repeat(5000)}]`],
  ])
    assert.equal(cutNumbers(Buffer.from(bodyOf(list))), undefined, list);
  for (const body of [
    '',
    '"data"',
    '"data":[1]',
    '{"data"',
    '{"data":',
    '{"data":[',
    '{"date":[1]}',
    '{"a\\"data":[1]}',
  ])
    assert.equal(cutNumbers(Buffer.from(body)), undefined, body);
});

const rounded = (value: unknown): unknown => (typeof value === 'number' ? Math.fround(value) : value);

test('no bytes harm it, and what it makes of any is what JSON.parse would', () => {
  const piece = fc.constantFrom(
    ...['"data"', ':', '[', ']', '{', '}', ',', '1', '0', '-', '.', 'e5', ' ', '"', '\\', '12.5', '\n', 'x'],
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
      const text = pieces.join('');
      for (const body of [text, `{"data":[${text}`, `{"data":[${text}]}`]) {
        const cut = cutNumbers(Buffer.from(body));
        try {
          JSON.parse(body);
        } catch {
          // Then what is left of it is wrong, too.
          if (cut !== undefined) assert.throws(() => JSON.parse(cut.json.toString()), SyntaxError, body);
          continue;
        }
        if (cut === undefined) continue;
        const numbers = [...cut.numbers];
        const put = JSON.parse(cut.json.toString(), (_, value) => (value?.[0] === CUT ? numbers : rounded(value)));
        assert.deepEqual(
          put,
          JSON.parse(body, (_, value) => rounded(value)),
        );
      }
    }),
    { numRuns: 20_000 },
  );
});
