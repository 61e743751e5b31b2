import Type, { type Static } from 'typebox';
import { BeckonError } from '../base/errors.ts';
import { checkSchema } from '../base/schema-check.ts';
import { didYouMean } from '../base/suggest.ts';

const Bounds = Type.Object(
  { min: Type.Optional(Type.Number()), max: Type.Optional(Type.Number()) },
  { additionalProperties: false, minProperties: 1 },
);
const Line = Type.Object(
  { is: Type.String({ minLength: 1 }), when: Type.Optional(Type.Record(Type.String(), Bounds)) },
  { additionalProperties: false },
);

/** Schema of `segments.yaml`. */
const SegmentsSchema = Type.Object(
  { segments: Type.Record(Type.String(), Type.Array(Line, { minItems: 1 })) },
  { additionalProperties: false },
);

type SegmentsFile = Static<typeof SegmentsSchema>;

/** A name for a customer in one respect, such as `tier`: the first line whose conditions hold. */
export interface Segment {
  readonly name: string;
  readonly lines: readonly SegmentLine[];
}

interface SegmentLine {
  readonly is: string;
  readonly conditions: readonly Condition[];
}

/** `min` ≤ value ≤ `max` of a feature (by position) or of a head's output (by name). */
interface Condition {
  readonly feature: number;
  readonly output: string;
  readonly min: number;
  readonly max: number;
}

const OF_OUTPUT = -1;

/**
 * @param features names of the pack's features, by position
 * @param outputs names of all outputs of the pack's heads
 * @throws BeckonError PACK_INVALID
 */
export const compileSegments = (
  document: unknown,
  features: readonly string[],
  outputs: ReadonlySet<string>,
): readonly Segment[] => {
  const problem = checkSchema(SegmentsSchema, document);
  if (problem !== undefined) throw new BeckonError('PACK_INVALID', `segments.yaml: ${problem}`);
  return Object.entries((document as SegmentsFile).segments).map(([name, lines]) => ({
    name,
    lines: lines.map(({ is, when = {} }) => ({
      is,
      conditions: Object.entries(when).map(([subject, { min = -Infinity, max = Infinity }]) => {
        const feature = features.indexOf(subject);
        if (feature < 0 && !outputs.has(subject)) {
          throw new BeckonError(
            'PACK_INVALID',
            `segments.yaml: segment \`${name}\`: there is no feature or output \`${subject}\`${didYouMean(subject, [...features, ...outputs])}`,
          );
        }
        if (min > max)
          throw new BeckonError(
            'PACK_INVALID',
            `segments.yaml: segment \`${name}\`: \`${subject}\` cannot be at least ${min} and at most ${max}`,
          );
        return { feature: feature < 0 ? OF_OUTPUT : feature, output: subject, min, max };
      }),
    })),
  }));
};

/** Names of the features that segments ask for. */
export const segmentFeatures = (segments: readonly Segment[], features: readonly string[]): string[] =>
  segments.flatMap(({ lines }) =>
    lines.flatMap(({ conditions }) =>
      conditions.filter(({ feature }) => feature !== OF_OUTPUT).map(({ feature }) => features[feature]),
    ),
  );

/**
 * @param scores outputs of the heads by name; a condition on one that is absent does not hold
 * @returns the segment's name for the customer, undefined where no line holds
 */
export const segmentOf = (
  segment: Segment,
  values: Float64Array,
  scores: Readonly<Record<string, number>>,
): string | undefined => {
  for (const { is, conditions } of segment.lines) {
    let holds = true;
    for (const { feature, output, min, max } of conditions) {
      const value = feature === OF_OUTPUT ? scores[output] : values[feature];
      if (!(value >= min && value <= max)) {
        holds = false;
        break;
      }
    }
    if (holds) return is;
  }
  return undefined;
};
