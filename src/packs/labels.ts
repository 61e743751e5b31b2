import Type, { type Static } from 'typebox';
import { BeckonError } from '../base/errors.ts';
import { checkSchema } from '../base/schema-check.ts';
import { DURATION_PATTERN, durationSec } from '../features/duration.ts';
import { compileSelector, type Selector, type SelectorSpec, selectorProblem } from '../features/selector.ts';

const Scalar = Type.Union([Type.String(), Type.Number(), Type.Boolean()]);

/** Schema of `labels.yaml`. */
export const LabelsSchema = Type.Object(
  {
    labels: Type.Array(
      Type.Object(
        {
          name: Type.String({ pattern: '^[a-z][A-Za-z0-9]{0,63}$' }),
          event: Type.String(),
          where: Type.Optional(Type.Record(Type.String(), Type.Union([Scalar, Type.Array(Scalar)]))),
          within: Type.String({ pattern: DURATION_PATTERN }),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);

/** What happens after a moment: 1 where such an event comes in (moment, moment + within]. */
export interface Label {
  readonly name: string;
  readonly selector: Selector;
  readonly withinSec: number;
}

/** @throws BeckonError PACK_INVALID */
export const compileLabels = (document: unknown): readonly Label[] => {
  const problem = checkSchema(LabelsSchema, document);
  if (problem !== undefined) throw new BeckonError('PACK_INVALID', `labels.yaml: ${problem}`);
  return (document as Static<typeof LabelsSchema>).labels.map((label) => {
    const wrong = selectorProblem(label as SelectorSpec);
    if (wrong !== undefined) throw new BeckonError('PACK_INVALID', `labels.yaml: label \`${label.name}\`: ${wrong}`);
    return { name: label.name, selector: compileSelector(label as SelectorSpec), withinSec: durationSec(label.within) };
  });
};
