import { readFileSync } from 'node:fs';
import { customerIdOf } from '../orders.ts';
import { randomOf } from '../random.ts';
import { customersOf } from './customers.ts';
import type { Asked, Traffic } from './traffic.ts';

/**
 * How rows are asked for: by their features in plain JSON or as a tensor of the Open Inference Protocol, by customer ids in that
 * protocol, or by those of Feast.
 */
export type RowForm = 'rows' | 'tensor' | 'ids' | 'feast';

const SEED = 23;
/** Texts of rows that are drawn from: more than a branch predictor learns. */
const POOL = 20_000;
/** What a float32 holds. */
const FLOAT_DIGITS = 7;
/** One answer in this many is parsed. */
const THOROUGH_EVERY = 16;

interface Manifest {
  readonly input: { readonly features: readonly { readonly min: number; readonly max: number }[] };
  readonly output: { readonly columns: readonly unknown[] };
}

/** Random rows of the features of a model bundle, none of them like another, and what an answer to them must show. */
export class RowTraffic implements Traffic {
  readonly path: string;
  readonly contentType = 'application/json';
  readonly unitsPerRequest: number;
  private readonly form: RowForm;
  private readonly width: number;
  /** Of an answer to a row. */
  private readonly columns: number;
  private readonly pool: readonly string[];
  private readonly next32: () => number;
  private readonly nextCustomer: () => number;
  private count = 0;

  /** @param bundle folder of the model. @param customers of Feast's store */
  constructor(path: string, form: RowForm, bundle: string, customers: number, perRequest: number) {
    this.path = path;
    this.form = form;
    this.unitsPerRequest = perRequest;
    const { input, output } = JSON.parse(readFileSync(`${bundle}/manifest.json`, 'utf8')) as Manifest;
    const { features } = input;
    this.width = features.length;
    this.columns = output.columns.length;
    const random = randomOf(SEED);
    const row = (): string =>
      features.map(({ min, max }) => (min + random() * (max - min)).toPrecision(FLOAT_DIGITS)).join(',');
    this.pool = form === 'feast' || form === 'ids' ? [] : Array.from({ length: POOL }, row);
    this.next32 = random;
    this.nextCustomer = customersOf('each', customers, SEED);
  }

  next(): Asked {
    const isThorough = this.count++ % THOROUGH_EVERY === 0;
    const { form, unitsPerRequest, columns } = this;
    return {
      body: this.body(),
      problem: (answer) => (isThorough ? rowsProblem(form, answer, unitsPerRequest, columns) : undefined),
    };
  }

  private body(): string {
    const { form, width, unitsPerRequest } = this;
    if (form === 'feast' || form === 'ids') {
      const ids = Array.from({ length: unitsPerRequest }, () => customerIdOf(this.nextCustomer())).join('","');
      return form === 'feast'
        ? `{"feature_service":"scores","entities":{"customer":["${ids}"]}}`
        : `{"inputs":[{"name":"customerId","datatype":"BYTES","shape":[${unitsPerRequest}],"data":["${ids}"]}]}`;
    }
    const rows = Array.from({ length: unitsPerRequest }, () => this.pool[Math.floor(this.next32() * POOL)]);
    if (form === 'rows') return `{"rows":[[${rows.join('],[')}]]}`;
    return tensorBody(rows.join(','), unitsPerRequest, width);
  }
}

/** @param data numbers with commas between them */
export const tensorBody = (data: string, rows: number, width: number): string =>
  `{"inputs":[{"name":"features","datatype":"FP32","shape":[${rows},${width}],"data":[${data}]}]}`;

/** The numbers of an answer, row after row. @throws where it is of another form */
export const numbersOf = (form: RowForm, answer: string): number[] => {
  const parsed = JSON.parse(answer);
  if (form === 'rows') return (parsed.scores as number[][]).flat();
  if (form === 'tensor' || form === 'ids') return (parsed.outputs[0].data as number[]).flat();
  // The entities' own values come first.
  return (parsed.results as { values: number[] }[]).slice(1).flatMap(({ values }) => values);
};

const rowsProblem = (form: RowForm, answer: string, rows: number, columns: number): string | undefined => {
  const numbers = numbersOf(form, answer);
  if (form === 'feast')
    return numbers.length % rows === 0 && numbers.length > rows && numbers.every((value) => typeof value === 'number')
      ? undefined
      : `features are missing: ${answer.slice(0, 160)}`;
  if (numbers.length !== rows * columns) return `${rows} rows were asked for, ${numbers.length} numbers came`;
  return numbers.every((value) => value >= 0 && value <= 1) ? undefined : 'a score is no probability';
};
