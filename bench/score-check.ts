import { isDeepStrictEqual } from 'node:util';
import { customerIdOf } from './orders.ts';
import { shuffled } from './random.ts';
import type { Service } from './service.ts';
import { decisionProblem } from './traffic/answers.ts';

type Decision = Record<string, unknown> & Parameters<typeof decisionProblem>[0];

const SEED = 17;
const CUSTOMERS = 300;
/** What differs between two questions about one customer. */
const OF_THE_QUESTION = ['decisionId', 'asOf'];

/**
 * Asks for the same customers one by one and as a batch, at the same time ahead.
 * @returns how many were compared. @throws where an answer is wrong or the two differ
 */
export const checkAgainstBatch = async (service: Service, customers: number): Promise<number> => {
  const at = new Date(Date.now() + 3_600_000).toISOString();
  const customerIds = Array.from(shuffled(customers, SEED).subarray(0, CUSTOMERS), customerIdOf);
  const { results } = await service.ask<{ results: Decision[] }>('/v1/score/batch', { customerIds, at });
  for (const [i, customerId] of customerIds.entries()) {
    const single = await service.ask<Decision>('/v1/score', { customerId, at });
    const problem = decisionProblem(single, customerId);
    if (problem !== undefined) throw new Error(problem);
    for (const name of OF_THE_QUESTION) {
      delete single[name];
      delete results[i][name];
    }
    if (!isDeepStrictEqual(single, results[i]))
      throw new Error(`${customerId} alone: ${JSON.stringify(single)}; in a batch: ${JSON.stringify(results[i])}`);
  }
  return customerIds.length;
};
