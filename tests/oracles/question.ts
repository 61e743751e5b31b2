import type { Items } from '../../src/features/items.ts';
import type { FeatureSpec } from '../../src/features/kind.ts';
import type { Selection, SlowEvent } from './slow-event.ts';

interface Prior {
  readonly rate: number;
  readonly weight: number;
}

/** A spec as it is written, with the fields of every kind; those of its own kind are there. */
export interface WrittenSpec extends FeatureSpec {
  readonly days: number;
  readonly stat: string;
  readonly bins: 'hour' | 'weekday';
  readonly from: number;
  readonly to: number;
  readonly prior: Prior;
  /** Selection of a ratio's trials. */
  readonly of: Selection;
  /** Selection of what clears a flag. */
  readonly off: Selection;
  readonly op: string;
  readonly channel: string;
  readonly attribute: string;
  readonly is?: string;
  readonly vocabulary?: readonly string[];
  readonly last: number;
  readonly only?: string;
  readonly top?: number;
  readonly within?: string;
  readonly weight?: number;
  readonly bits?: number;
  readonly action?: string;
  readonly slots: number;
  readonly tag?: string;
  readonly except: readonly string[];
  readonly middle: number;
  readonly high: number;
  readonly deep?: number;
}

/** Everything that there is to know when a customer is asked about. */
export interface Question {
  readonly customer: string;
  readonly sec: number;
  /** Every event of everybody in the order in which it came, each once. */
  readonly all: readonly SlowEvent[];
  readonly keys: Readonly<Record<string, string | undefined>>;
  readonly minorDigits: number;
  readonly zoneOffsetSec: number;
  readonly items: Items;
  /** Words about contacts that a row keeps: the most that any feature of the pack asks for. */
  readonly contactsMax: number;
}

const UNIT_SEC: Readonly<Record<string, number>> = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 };
const LETTER_SEC: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

export const unitSec = (spec: WrittenSpec): number => UNIT_SEC[spec.unit];

export const seconds = (duration: string): number =>
  Number.parseInt(duration, 10) * LETTER_SEC[duration[duration.length - 1]];

/** What is left of 1 after an age: half after each half-life, all where there is none. */
export const weightAfter = (ageSec: number, halfLife: string | undefined): number =>
  halfLife === undefined ? 1 : 2 ** (-ageSec / seconds(halfLife));
