import type { Course, FeatureSpec } from './kind.ts';
import { kindOf } from './spec.ts';

/** When a feature that moves with time reaches a value. */
export interface Crossing {
  /** Of the feature, among the features of the plan. */
  readonly position: number;
  readonly course: Course;
  readonly value: number;
  readonly unitSec: number;
  /** What the feature is where nothing is known. */
  readonly missing: number;
  readonly zoneOffsetSec: number;
}

/** Something of a customer to be told of when it comes, compiled. */
export interface Trigger {
  readonly name: string;
  /** Names of the features that it looks at. */
  readonly features: readonly string[];
  /** Undefined for one that is only a rule. */
  readonly crossing: Crossing | undefined;
  /** The rule, or the condition of the crossing, over values by position. */
  readonly holds: ((values: Float64Array) => boolean) | undefined;
  /** Least time between two firings. */
  readonly rearmSec: number;
  /** A crossing that is found later than this passes. */
  readonly withinSec: number;
  /** Between two looks without any event; infinite where none are needed. */
  readonly everySec: number;
  /** Word of the row with the second of the crossing that it has last fired for, 0 for none. */
  readonly firedOffset: number;
}

export const kindCourse = (spec: FeatureSpec): Course | undefined => kindOf(spec).course?.(spec);

const DAY_SEC = 86_400;
/** Far below a second: what dividing by days and multiplying again leaves. */
const SLACK_SEC = 1e-4;

/** The first whole second at or after a time. */
const secondOf = (sec: number): number => {
  const near = Math.round(sec);
  return Math.abs(sec - near) < SLACK_SEC ? near : Math.ceil(sec);
};

/**
 * The second at which a feature reached its value and has been beyond it since, or will reach it next if no event comes.
 * @param now the feature's value at `sec`
 */
export const crossingSec = ({ course, value, unitSec, zoneOffsetSec }: Crossing, now: number, sec: number): number => {
  if (course === 'rises') return secondOf(sec + (value - now) * unitSec);
  if (course === 'falls') return secondOf(sec + (now - value) * unitSec);
  const today = Math.floor((sec + zoneOffsetSec) / DAY_SEC);
  return (today + now - Math.floor(value)) * DAY_SEC - zoneOffsetSec;
};

/** When to look again at a feature that is beyond its value: what falls is refilled by time alone, too. */
export const againSec = ({ course, zoneOffsetSec }: Crossing, now: number, sec: number): number => {
  if (course === 'rises') return Number.POSITIVE_INFINITY;
  if (course === 'falls') return sec + DAY_SEC;
  return (Math.floor((sec + zoneOffsetSec) / DAY_SEC) + now + 1) * DAY_SEC - zoneOffsetSec;
};
