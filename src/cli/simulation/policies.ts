import { holdPolicy } from '../../simulation/hold-policy.ts';
import { loggingPolicy } from '../../simulation/logging-policy.ts';
import { manualRules } from '../../simulation/manual-rules.ts';
import { oracle } from '../../simulation/oracle.ts';
import type { Policy } from '../../simulation/policy.ts';
import { randomPolicy } from '../../simulation/random-policy.ts';
import { AdvisedPolicy } from './advised-policy.ts';
import type { SimulationOptions } from './options.ts';

/** The policy that is asked for. @throws BeckonError USAGE */
export const policyOf = ({ policy, url }: SimulationOptions): Policy => {
  switch (policy) {
    case 'logging':
      return loggingPolicy();
    case 'random':
      return randomPolicy();
    case 'rules':
      return manualRules();
    case 'oracle':
      return oracle();
    case 'hold':
      return holdPolicy();
    case 'beckon':
      return new AdvisedPolicy(url!);
  }
};
