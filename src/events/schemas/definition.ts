import type { TObject } from 'typebox';

/** One event type of the catalogue. */
export interface EventDefinition<T extends string = string> {
  /** Stands in the log instead of the name: fixed for ever, never given to another type. */
  readonly code: number;
  readonly type: T;
  /** True where only Beckon makes such events; they are refused when posted. */
  readonly madeByBeckon: boolean;
  /** One sentence for the documentation. */
  readonly description: string;
  /** Schema of `data`. Fields that it does not name are allowed, kept in the log and left out of the state. */
  readonly schema: TObject;
  /** What a schema cannot say: a sentence about data that the schema lets pass but that is refused. */
  readonly problem: ((data: Readonly<Record<string, unknown>>) => string | undefined) | undefined;
}

/** A type that producers send. */
export const received = <const T extends string>(
  code: number,
  type: T,
  description: string,
  schema: TObject,
  problem?: EventDefinition['problem'],
): EventDefinition<T> => ({ code, type, madeByBeckon: false, description, schema, problem });

/** A type that Beckon alone makes. */
export const made = <const T extends string>(
  code: number,
  type: T,
  description: string,
  schema: TObject,
): EventDefinition<T> => ({ code, type, madeByBeckon: true, description, schema, problem: undefined });
