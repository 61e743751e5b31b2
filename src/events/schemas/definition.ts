import type { TObject } from 'typebox';

/** One event type of the catalogue. */
export interface EventDefinition<T extends string = string, S extends TObject = TObject> {
  /** Stands in the log instead of the name: fixed for ever, never given to another type. */
  readonly code: number;
  readonly type: T;
  /** True where only Beckon makes such events; they are refused when posted. */
  readonly madeByBeckon: boolean;
  /** False where the subject is something else, such as an item: no row is made for it. */
  readonly isOfCustomer: boolean;
  /** One sentence for the documentation. */
  readonly description: string;
  /** Schema of `data`. Fields that it does not name are allowed, kept in the log and left out of the state. */
  readonly schema: S;
  /** What a schema cannot say: a sentence about data that the schema lets pass but that is refused. */
  readonly problem: ((data: Readonly<Record<string, unknown>>) => string | undefined) | undefined;
}

/** A type that producers send. */
export const received = <const T extends string, S extends TObject>(
  code: number,
  type: T,
  description: string,
  schema: S,
  problem?: EventDefinition['problem'],
): EventDefinition<T, S> => ({ code, type, madeByBeckon: false, isOfCustomer: true, description, schema, problem });

/** A type that Beckon alone makes. */
export const made = <const T extends string, S extends TObject>(
  code: number,
  type: T,
  description: string,
  schema: S,
): EventDefinition<T, S> => ({
  code,
  type,
  madeByBeckon: true,
  isOfCustomer: true,
  description,
  schema,
  problem: undefined,
});

/** A type whose subject is no customer. */
export const ofNoCustomer = <const T extends string, S extends TObject>(
  definition: EventDefinition<T, S>,
): EventDefinition<T, S> => ({
  ...definition,
  isOfCustomer: false,
});
