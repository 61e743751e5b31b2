import { loggingPolicy } from '../../simulation/logging-policy.ts';
import { manualRules } from '../../simulation/manual-rules.ts';
import type { Policy } from '../../simulation/policy.ts';
import { randomPolicy } from '../../simulation/random-policy.ts';
import type { SimulationOptions } from './options.ts';

const MAKERS = { logging: loggingPolicy, random: randomPolicy, rules: manualRules } as const;

/** A policy by its name. */
export const policyOf = (name: SimulationOptions['policy']): Policy => MAKERS[name]();
