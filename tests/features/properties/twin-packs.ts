import type { Pack } from '../../../src/packs/pack.ts';
import { packOf } from '../../support/feature-state.ts';

/** A pack that the slow twin computes too, which is told the time zone and not the pack's own. */
export interface TwinPack {
  readonly pack: Pack;
  readonly zoneOffsetSec: number;
  /** Histories in the suite. */
  readonly runs: number;
}

export const TWIN_PACKS: readonly TwinPack[] = [
  { pack: packOf('tests/support/packs/every-kind'), zoneOffsetSec: -3.5 * 3600, runs: 300 },
  { pack: packOf('models/retail'), zoneOffsetSec: 8 * 3600, runs: 100 },
];
