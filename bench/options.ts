import { parseArgs } from 'node:util';

export interface BenchOptions {
  readonly quick: boolean;
  /** Names of rows and parts wanted; all where it is empty. */
  readonly only: readonly string[];
  /** Where the figures and the page go instead of `bench/reports/`. */
  readonly json: string | undefined;
  readonly html: string | undefined;
  /** Figures of an earlier run. */
  readonly compare: string | undefined;
  readonly gate: boolean;
  /** Folder for CPU profiles of the service under the rows; none are taken without it. */
  readonly profile: string | undefined;
  /** `http://host:port` and `host:port` of a service that runs already. */
  readonly url: string | undefined;
  readonly grpc: string | undefined;
  readonly fill: boolean;
  /** Folder of a pack, or its name. */
  readonly pack: string | undefined;
  readonly customers: number | undefined;
  readonly sampleSec: number | undefined;
}

export const USAGE = `npm run bench -- [options]

  --quick           3 short pairs a row instead of 5 long ones, in less than 3 minutes; without sizes and profiles
  --only NAME       this row or part only; may be given several times
  --compare FILE    end with 1 where a ratio is more than 10 % worse than in this JSON of an earlier run
  --gate            end with 1 where a ratio is below a third of its bar
  --json FILE       where the figures go; bench/reports/latest.json without it
  --html FILE       where the page goes; bench/reports/latest.html without it

  --profile DIR     take CPU profiles of the service while rows run, and list what takes its time

  --customers N     in the state; 200000 without it, 30000 with --quick
  --seconds S       that a single run takes
  --pack PACK       another pack than retail: its folder
  --url URL         measure a service that runs already; it must know the customers C0000000 to C and N - 1
  --fill            give it these customers first, and post events to it: for a service that is there for this only
  --grpc HOST:PORT  its gRPC port, for the rows over gRPC
  --help

A wrong answer ends the run with 1, always.
`;

/** @throws Error where an option is not known or does not fit. @returns undefined where help was asked for */
export const readOptions = (args: readonly string[], names: readonly string[]): BenchOptions | undefined => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      compare: { type: 'string' },
      gate: { type: 'boolean', default: false },
      json: { type: 'string' },
      html: { type: 'string' },
      profile: { type: 'string' },
      customers: { type: 'string' },
      seconds: { type: 'string' },
      pack: { type: 'string' },
      url: { type: 'string' },
      grpc: { type: 'string' },
      fill: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const { only, url, grpc, fill, customers, seconds } = values;
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`there is no row ${unknown}; the rows are ${names.join(', ')}`);
  if (url === undefined && (fill || grpc !== undefined)) throw new Error('--fill and --grpc need --url');
  if (url !== undefined && !URL.canParse(url)) throw new Error(`--url must be like http://127.0.0.1:8080, not ${url}`);
  const sampleSec = positive('--seconds', seconds);
  const { quick, gate, compare, json, html, profile, pack } = values;
  return {
    quick,
    gate,
    compare,
    json,
    html,
    profile,
    pack,
    only,
    url,
    grpc,
    fill,
    customers: positive('--customers', customers),
    sampleSec,
  };
};

const positive = (name: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value > 0)) throw new Error(`${name} must be a number above 0, not ${text}`);
  return value;
};
