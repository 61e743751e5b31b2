import { customerIdOf } from '../orders.ts';
import { batchProblem, scoreProblem } from './answers.ts';
import { customersOf, type Keys } from './customers.ts';
import type { Asked, Traffic } from './traffic.ts';

const SEED = 7;
/** One answer in this many is parsed and looked at whole: all of them would make the client the bottleneck. */
const THOROUGH_EVERY = 16;

/** Scores of single customers. */
export class ScoreTraffic implements Traffic {
  readonly path: string;
  readonly contentType = 'application/json';
  readonly unitsPerRequest = 1;
  private readonly nextCustomer: () => number;
  private count = 0;

  constructor(path: string, customers: number, keys: Keys = 'each') {
    this.path = path;
    this.nextCustomer = customersOf(keys, customers, SEED);
  }

  next(): Asked {
    const count = this.count++;
    const id = customerIdOf(this.nextCustomer());
    return {
      body: `{"customerId":"${id}"}`,
      problem: (answer) => scoreProblem(answer, id, count % THOROUGH_EVERY === 0),
    };
  }
}

/** Scores of many customers in one request. */
export class BatchTraffic implements Traffic {
  readonly path: string;
  readonly contentType = 'application/json';
  readonly unitsPerRequest: number;
  private readonly nextCustomer: () => number;

  constructor(path: string, customers: number, perRequest: number) {
    this.path = path;
    this.unitsPerRequest = perRequest;
    this.nextCustomer = customersOf('each', customers, SEED);
  }

  next(): Asked {
    const ids = Array.from({ length: this.unitsPerRequest }, () => customerIdOf(this.nextCustomer()));
    return {
      body: `{"customerIds":["${ids.join('","')}"]}`,
      problem: (answer) => batchProblem(answer, ids),
    };
  }
}
