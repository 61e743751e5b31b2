import { OrderMaker, todayMs } from '../orders.ts';
import { randomOf } from '../random.ts';
import { acceptedProblem } from './answers.ts';
import type { Asked, Traffic } from './traffic.ts';

const SEED = 11;

/** New orders of random customers, one or many a body; no event id comes twice. */
export class EventTraffic implements Traffic {
  readonly path: string;
  readonly contentType: string;
  readonly unitsPerRequest: number;
  private readonly orders: OrderMaker;
  private readonly random = randomOf(SEED);
  private readonly customers: number;

  /** @param prefix of the event ids, another one for each traffic */
  constructor(path: string, customers: number, perRequest: number, prefix: string) {
    this.path = path;
    this.customers = customers;
    this.unitsPerRequest = perRequest;
    this.contentType = `application/cloudevents${perRequest === 1 ? '' : '-batch'}+json`;
    this.orders = new OrderMaker(SEED, prefix, todayMs());
  }

  next(): Asked {
    const { unitsPerRequest } = this;
    const problem = (answer: string): string | undefined => acceptedProblem(answer, unitsPerRequest);
    if (unitsPerRequest === 1) return { body: this.order(), problem };
    return { body: `[${Array.from({ length: unitsPerRequest }, () => this.order()).join(',')}]`, problem };
  }

  private order(): string {
    return this.orders.next(Math.floor(this.random() * this.customers));
  }
}
