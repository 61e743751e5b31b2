import { parseArgs } from 'node:util';

export interface BenchOptions {
  readonly quick: boolean;
  /** Names of the rows wanted; all where it is empty. */
  readonly only: readonly string[];
  /** Where the figures go as JSON, beside the copy under `bench/reports/`. */
  readonly json: string | undefined;
  readonly gate: boolean;
  /** Folder for CPU profiles of the service; none are taken without it. */
  readonly profile: string | undefined;
}

export const USAGE = `npm run bench -- [options]

  --quick        3 short pairs a row instead of 5 long ones; the whole run takes less than 3 minutes
  --only ROW     this row only; may be given several times
  --json FILE    write the figures there too
  --gate         end with 1 where a ratio is below a third of its bar
  --profile DIR  take CPU profiles of the service, and list what takes its time
  --help

A wrong answer ends the run with 1, always.
`;

/** @throws where an option is not known. @returns undefined where help was asked for */
export const readOptions = (args: readonly string[], rows: readonly string[]): BenchOptions | undefined => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
      gate: { type: 'boolean', default: false },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const unknown = values.only.find((name) => !rows.includes(name));
  if (unknown !== undefined) throw new Error(`there is no row ${unknown}; the rows are ${rows.join(', ')}`);
  const { quick, only, json, gate, profile } = values;
  return values.help ? undefined : { quick, only, json, gate, profile };
};
