import Type, { type Static } from 'typebox';
import { BeckonError } from '../base/errors.ts';
import { checkSchema } from '../base/schema-check.ts';
import { DURATION, durationSec } from '../features/duration.ts';
import { compileSelector, SELECTION_FIELDS, type Selector, selectorProblem } from '../features/selector.ts';

/** Schema of `labels.yaml`. */
const LabelsSchema = Type.Object(
  {
    labels: Type.Array(
      Type.Object(
        {
          name: Type.String({
            pattern: '^[a-z][A-Za-z0-9]{0,63}$',
            description: 'a camelCase name of letters and digits',
          }),
          event: Type.String(),
          where: SELECTION_FIELDS.where,
          within: DURATION,
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);

/**
 * What happens after a moment: 1 where such an event comes in [moment, moment + within). An event exactly at the moment
 * counts here and not in the features, which know what came before it: so none is in both, and none is lost.
 */
export interface Label {
  readonly name: string;
  readonly selector: Selector;
  readonly withinSec: number;
}

/** @throws BeckonError PACK_INVALID */
export const compileLabels = (document: unknown): readonly Label[] => {
  const problem = checkSchema(LabelsSchema, document);
  if (problem !== undefined) throw new BeckonError('PACK_INVALID', `labels.yaml: ${problem}`);
  const names = new Set<string>();
  return (document as Static<typeof LabelsSchema>).labels.map((label) => {
    const wrong = names.has(label.name) ? 'is declared twice' : selectorProblem(label);
    if (wrong !== undefined) throw new BeckonError('PACK_INVALID', `labels.yaml: label \`${label.name}\`: ${wrong}`);
    names.add(label.name);
    return { name: label.name, selector: compileSelector(label), withinSec: durationSec(label.within) };
  });
};
