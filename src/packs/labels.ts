import Type, { type Static } from 'typebox';
import { parseTime } from '../base/clock.ts';
import { BeckonError } from '../base/errors.ts';
import { checkSchema } from '../base/schema-check.ts';
import { definitionOfType } from '../events/catalogue.ts';
import { DURATION, durationSec } from '../features/duration.ts';
import {
  compileSelector,
  fieldProblem,
  SELECTION_FIELDS,
  type Selector,
  selectorProblem,
} from '../features/selector.ts';

const closed = { additionalProperties: false } as const;

const Reversal = Type.Object(
  {
    event: Type.String(),
    where: SELECTION_FIELDS.where,
    same: Type.String({ minLength: 1 }),
    amount: Type.Optional(Type.String({ minLength: 1 })),
    within: Type.Optional(DURATION),
  },
  closed,
);

/** Schema of `labels.yaml`. */
const LabelsSchema = Type.Object(
  {
    moment: Type.Optional(
      Type.Object(
        {
          at: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
          every: Type.Optional(DURATION),
          from: Type.Optional(Type.String()),
          to: Type.Optional(Type.String()),
          event: Type.Optional(Type.String()),
          where: SELECTION_FIELDS.where,
          columns: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1, uniqueItems: true })),
          weight: Type.Optional(
            Type.Object({ of: Type.String({ minLength: 1 }), atMost: Type.Number({ minimum: 1 }) }, closed),
          ),
        },
        closed,
      ),
    ),
    labels: Type.Array(
      Type.Object(
        {
          name: Type.String({
            pattern: '^[a-z][A-Za-z0-9]{0,63}$',
            description: 'a camelCase name of letters and digits',
          }),
          ...SELECTION_FIELDS,
          same: Type.Optional(Type.String({ minLength: 1 })),
          within: DURATION,
          reversedBy: Type.Optional(Reversal),
        },
        closed,
      ),
    ),
  },
  closed,
);

type LabelsFile = Static<typeof LabelsSchema>;

/**
 * What happens after a moment: 1 where such an event comes in [moment, moment + within). An event exactly at the moment
 * counts here and not in the features, which know what came before it: so none is in both, and none is lost.
 */
export interface Label {
  readonly name: string;
  readonly selector: Selector;
  /** Only events count that carry the same value in this field as the event that made the moment. */
  readonly same: string | undefined;
  readonly withinSec: number;
  readonly reversal: Reversal | undefined;
}

/** What takes an event of a label back: events of the same customer whose field `same` is that of the event. */
export interface Reversal {
  readonly selector: Selector;
  readonly same: string;
  /** The event is taken back once this field adds up to its own; undefined where the first reversing event does it. */
  readonly amount: string | undefined;
  /** From the event on; undefined where only what comes before the end of the label's time counts. */
  readonly withinSec: number | undefined;
}

/** What the event of a moment says of itself, in columns of its row. */
export interface Said {
  /** Fields of the event. */
  readonly fields: readonly { readonly name: string; readonly isNumber: boolean }[];
  /** A column `weight`: 1 over the chance in the field `of`, `atMost` that; undefined where none is wanted. */
  readonly weight: { readonly of: string; readonly atMost: number } | undefined;
}

/** The moments of an export that names none itself. */
export type MomentRule =
  /** A row at each such event, with what it says. */
  | { readonly selector: Selector; readonly said: Said; readonly times?: undefined }
  | { readonly times: MomentTimes; readonly selector?: undefined };

/** As written: RFC 3339 or a day. `from` and `to` may be left to the command. */
export interface MomentTimes {
  readonly at?: readonly string[];
  readonly every?: string;
  readonly from?: string;
  readonly to?: string;
}

/** @throws BeckonError PACK_INVALID */
export const compileLabels = (document: unknown): readonly Label[] => {
  const names = new Set<string>();
  const { labels, moment } = checked(document);
  return labels.map((label) => {
    const wrong = names.has(label.name)
      ? 'is declared twice'
      : (selectorProblem(label) ?? sameProblem(label, moment) ?? reversalProblem(label));
    if (wrong !== undefined) throw invalid(`label \`${label.name}\`: ${wrong}`);
    names.add(label.name);
    return {
      name: label.name,
      selector: compileSelector(label),
      same: label.same,
      withinSec: durationSec(label.within),
      reversal: compileReversal(label.reversedBy),
    };
  });
};

/** @throws BeckonError PACK_INVALID */
export const compileMoment = (document: unknown): MomentRule | undefined => {
  const { moment } = checked(document);
  if (moment === undefined) return undefined;
  const { at, every, from, to, event, where, columns = [], weight } = moment;
  if ([at, every, event].filter((form) => form !== undefined).length !== 1)
    throw invalid('moment: takes one of `event`, `at` and `every`');
  if (event !== undefined) {
    const bounded = from !== undefined || to !== undefined;
    const wrong = bounded ? '`from` and `to` need `every`' : (selectorProblem(moment) ?? saidProblem(moment));
    if (wrong !== undefined) throw invalid(`moment: ${wrong}`);
    const fields = columns.map((name) => ({ name, isNumber: isNumberField(event, name) }));
    return { selector: compileSelector({ event, where }), said: { fields, weight } };
  }
  for (const [key, value] of Object.entries({ where, columns: moment.columns, weight }))
    if (value !== undefined) throw invalid(`moment: \`${key}\` needs \`event\``);
  if (every === undefined && (from ?? to) !== undefined) throw invalid('moment: `from` and `to` need `every`');
  for (const time of [...(at ?? []), from, to])
    if (time !== undefined && Number.isNaN(momentMs(time)))
      throw invalid(`moment: a time must be like 2011-06-11 or 2011-06-11T15:00:00Z, not ${time}`);
  return { times: { at, every, from, to } };
};

/** A day, which begins at midnight UTC, or RFC 3339. @returns ms since the Unix epoch, NaN where it is no time */
export const momentMs = (text: string): number =>
  parseTime(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);

const checked = (document: unknown): LabelsFile => {
  const problem = checkSchema(LabelsSchema, document);
  if (problem !== undefined) throw invalid(problem);
  return document as LabelsFile;
};

const invalid = (sentence: string): BeckonError => new BeckonError('PACK_INVALID', `labels.yaml: ${sentence}`);

const isNumberField = (event: string, field: string): boolean => {
  const { type } = (definitionOfType(event)?.schema.properties[field] ?? {}) as { type?: string };
  return type === 'number' || type === 'integer';
};

const saidProblem = ({ event, columns = [], weight }: NonNullable<LabelsFile['moment']>): string | undefined => {
  const fields = weight === undefined ? columns : [...columns, weight.of];
  return fields.map((field) => fieldProblem({ event }, field, false)).find((problem) => problem !== undefined);
};

const sameProblem = (
  { event, events, same }: LabelsFile['labels'][number],
  moment: LabelsFile['moment'],
): string | undefined => {
  if (same === undefined) return undefined;
  if (moment?.event === undefined) return '`same` needs a `moment` with `event`: it is the field they have in common';
  return fieldProblem({ event: moment.event }, same, false) ?? fieldProblem({ event, events }, same, false);
};

const reversalProblem = ({ event, events, reversedBy }: LabelsFile['labels'][number]): string | undefined => {
  if (reversedBy === undefined) return undefined;
  const unknown = selectorProblem(reversedBy);
  if (unknown !== undefined) return `reversedBy: ${unknown}`;
  for (const field of [reversedBy.same, reversedBy.amount])
    for (const spec of [{ event, events }, { event: reversedBy.event }]) {
      const problem = field === undefined ? undefined : fieldProblem(spec, field, false);
      if (problem !== undefined) return `reversedBy: ${problem}`;
    }
  return undefined;
};

const compileReversal = (written: Static<typeof Reversal> | undefined): Reversal | undefined =>
  written === undefined
    ? undefined
    : {
        selector: compileSelector(written),
        same: written.same,
        amount: written.amount,
        withinSec: written.within === undefined ? undefined : durationSec(written.within),
      };
