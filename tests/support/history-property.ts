import { test } from 'node:test';
import fc from 'fast-check';

/** Something that holds for every random history: tried on a few in the suite, and on many by a command of its own. */
export interface HistoryProperty {
  readonly name: string;
  /** Histories in the suite. */
  readonly runs: number;
  readonly property: fc.IRawProperty<unknown>;
}

/** A test each. */
export const testProperties = (properties: readonly HistoryProperty[]): void => {
  for (const { name, runs, property } of properties)
    test(name, async () => {
      await fc.assert(property, { numRuns: runs });
    });
};
