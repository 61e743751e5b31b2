import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import Type from 'typebox';
import { checkSchema } from '../../src/base/schema-check.ts';

const schema = Type.Object(
  {
    rows: Type.Array(Type.Object({ weight: Type.Number() }), { maxItems: 2 }),
    mode: Type.Union([Type.Literal('fast'), Type.Literal('safe')]),
    port: Type.Optional(Type.Integer({ minimum: 1 })),
    secret: Type.Optional(Type.String({ minLength: 1 })),
  },
  { additionalProperties: false },
);

test('a value that fits has no problem', () => {
  assert.equal(checkSchema(schema, { rows: [{ weight: 1 }], mode: 'safe', port: 80 }), undefined);
});

for (const [value, problem] of [
  [null, 'the document must be an object, not null'],
  [[], 'the document must be an object, not an array'],
  [{ rows: [] }, 'mode is missing'],
  [{ rows: [{ weight: 1 }, { weight: '1' }], mode: 'fast' }, 'rows[1].weight must be a number, not a string'],
  [{ rows: [{}], mode: 'fast' }, 'rows[0].weight is missing'],
  [{ rows: [{}, {}, {}], mode: 'fast' }, 'rows must have at most 2 items, not 3'],
  [{ rows: [], mode: 'slow' }, 'mode must be one of "fast", "safe"'],
  [{ rows: [], mode: 'fast', prot: 1 }, 'the document has an unknown key "prot"; did you mean "port"?'],
  [{ rows: [], mode: 'fast', colour: 1 }, 'the document has an unknown key "colour"'],
  [{ rows: [], mode: 'fast', port: 0 }, 'port must be >= 1'],
  [{ rows: [], mode: 'fast', secret: '' }, 'secret must not be empty'],
] as const) {
  test(`the first problem is told in words: ${problem}`, () => {
    assert.equal(checkSchema(schema, value), problem);
  });
}

test('a value that may be secret is never quoted', () => {
  assert.doesNotMatch(checkSchema(schema, { rows: [], mode: 'fast', port: 'hunter2' })!, /hunter2/);
});
