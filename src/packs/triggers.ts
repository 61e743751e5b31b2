import Type, { type Static } from 'typebox';
import { BeckonError } from '../base/errors.ts';
import { checkSchema } from '../base/schema-check.ts';
import { didYouMean } from '../base/suggest.ts';
import { DURATION, durationSec, TIME_UNITS } from '../features/duration.ts';
import type { FeaturePlan } from '../features/plan.ts';
import { type Crossing, kindCourse, type Trigger } from '../features/trigger.ts';
import type { RuleItems } from './rule-items.ts';
import { type Rule, Rules } from './rules.ts';

const closed = { additionalProperties: false } as const;

const TriggerSchema = Type.Object(
  {
    name: Type.String({
      pattern: '^[a-z][a-z0-9_]*(\\.[a-z0-9_]+)*$',
      maxLength: 64,
      description: 'small letters, digits and underscores, with dots between words',
    }),
    description: Type.Optional(Type.String()),
    when: Type.Optional(
      Type.Object(
        {
          feature: Type.String(),
          crosses: Type.Union([Type.Literal('above'), Type.Literal('below')]),
          value: Type.Number(),
        },
        { ...closed, description: 'A feature that moves with time reaches a value: fires at that very second' },
      ),
    ),
    if: Type.Optional(Type.String({ minLength: 1, description: 'CEL over features: only then' })),
    rule: Type.Optional(
      Type.String({ minLength: 1, description: 'CEL over features: looked at after each event that may change it' }),
    ),
    rearm: Type.Optional(DURATION),
    every: Type.Optional(DURATION),
    within: Type.Optional(DURATION),
  },
  closed,
);

/** Schema of `triggers.yaml`. */
export const TRIGGERS_SCHEMA = Type.Object(
  { $schema: Type.Optional(Type.String()), triggers: Type.Array(TriggerSchema, { maxItems: 32 }) },
  closed,
);

/** Something to be told of, as declared. */
export type TriggerSpec = Static<typeof TriggerSchema>;

const REARM = '1d';
const WITHIN = '30d';
/** Looks without any event cost the same for everybody. */
const EVERY_SEC_MIN = 3600;

/**
 * Checks the parsed `triggers.yaml`, its features and rules aside.
 * @returns the triggers by name. @throws BeckonError PACK_INVALID in the user's words
 */
export const triggerSpecs = (document: unknown): readonly TriggerSpec[] => {
  const problem = checkSchema(TRIGGERS_SCHEMA, document);
  if (problem !== undefined) throw new BeckonError('PACK_INVALID', `triggers.yaml: ${problem}`);
  const { triggers } = document as Static<typeof TRIGGERS_SCHEMA>;
  const seen = new Set<string>();
  for (const spec of triggers) {
    const why = problemOf(spec, seen);
    if (why !== undefined) throw invalid(spec.name, why);
    seen.add(spec.name);
  }
  return [...triggers].sort((a, b) => (a.name < b.name ? -1 : 1));
};

const problemOf = (spec: TriggerSpec, seen: ReadonlySet<string>): string | undefined => {
  const { name, when, rule, rearm, every } = spec;
  if (seen.has(name)) return 'is declared twice';
  if ((when === undefined) === (rule === undefined)) return 'needs `when` or `rule`, and not both';
  if (rule !== undefined && spec.if !== undefined) return '`if` goes with `when`: write it into the rule';
  if (rule !== undefined && rearm === undefined)
    return '`rule` needs `rearm`: how long it stays quiet after it has fired';
  if (rule === undefined && every !== undefined) return '`every` goes with `rule`: `when` needs no looks';
  if (every !== undefined && durationSec(every) < EVERY_SEC_MIN) return '`every` must be at least 1h';
  return undefined;
};

/** What triggers are compiled with. */
interface Ground {
  readonly triggers: readonly TriggerSpec[];
  readonly plan: FeaturePlan;
  readonly featureNames: readonly string[];
  readonly ruleItems: RuleItems;
  readonly zoneOffsetSec: number;
}

/** @throws BeckonError PACK_INVALID in the user's words */
export const compileTriggers = (pack: Ground): readonly Trigger[] => {
  if (pack.triggers.length === 0) return [];
  const rules = new Rules(pack.featureNames, [], pack.ruleItems);
  return pack.triggers.map((spec, i): Trigger => {
    const { name, when, rearm = REARM, within = WITHIN, every } = spec;
    const text = spec.rule ?? spec.if;
    const where = `triggers.yaml: trigger \`${name}\`: ${spec.rule === undefined ? 'if' : 'rule'}`;
    const rule = text === undefined ? undefined : rules.boolean(text, where);
    if (rules.schemes.length > 0) throw invalid(name, 'rules of triggers know no `alias()`');
    return {
      name,
      features: [...(when === undefined ? [] : [when.feature]), ...(rule?.features ?? [])],
      crossing: when === undefined ? undefined : crossingOf(pack, name, when),
      holds: rule && heldBy(rule, pack.ruleItems),
      rearmSec: durationSec(rearm),
      withinSec: durationSec(within),
      everySec: every === undefined ? Number.POSITIVE_INFINITY : durationSec(every),
      firedOffset: pack.plan.firedOffsets[i],
    };
  });
};

const NO_OUTPUTS = new Float64Array(0);

const heldBy =
  (rule: Rule<boolean>, items: RuleItems): Trigger['holds'] =>
  (values) => {
    items.refresh();
    return rule.evaluate(values, NO_OUTPUTS, 0) === true;
  };

const crossingOf = (pack: Ground, name: string, when: NonNullable<TriggerSpec['when']>): Crossing => {
  const { feature, crosses, value } = when;
  const position = pack.featureNames.indexOf(feature);
  if (position < 0) throw invalid(name, `there is no feature \`${feature}\`${didYouMean(feature, pack.featureNames)}`);
  const { spec } = pack.plan.features[position];
  const course = kindCourse(spec);
  if (course === undefined)
    throw invalid(
      name,
      `\`${feature}\` does not move with time in a way that tells when it ${crosses === 'above' ? 'rises' : 'falls'} to ${value}: use \`rule\``,
    );
  if ((course === 'rises') !== (crosses === 'above'))
    throw invalid(
      name,
      `\`${feature}\` only ${course === 'rises' ? 'rises' : 'falls'} with time: it crosses \`${course === 'rises' ? 'above' : 'below'}\``,
    );
  return {
    position,
    course,
    value,
    unitSec: course === 'fallsByDay' ? TIME_UNITS.days : TIME_UNITS[spec.unit],
    missing: spec.default ?? 0,
    zoneOffsetSec: pack.zoneOffsetSec,
  };
};

const invalid = (name: string, why: string): BeckonError =>
  new BeckonError('PACK_INVALID', `triggers.yaml: trigger \`${name}\`: ${why}`);
