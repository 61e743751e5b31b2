import type { Bundle } from '../../inference/repository.ts';
import type { Config } from '../config-schema.ts';
import type { StateMemory } from '../shared-state.ts';

/** What a thread that scores is started with. */
export interface ScoringThreadData {
  readonly config: Config;
  readonly memory: StateMemory;
  /** Proven by the main thread. */
  readonly bundles: readonly Bundle[];
}
