import type { Bundle } from '../../inference/repository.ts';
import type { PackSource } from '../../packs/pack-source.ts';
import type { Config } from '../config-schema.ts';
import type { StateMemory } from '../shared-state.ts';

/** What a thread that scores is started with. */
export interface ScoringThreadData {
  readonly config: Config;
  /** The memory was laid out for it. */
  readonly source: PackSource;
  readonly memory: StateMemory;
  /** Proven by the main thread. */
  readonly bundles: readonly Bundle[];
}
