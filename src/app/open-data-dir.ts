import { wallClock } from '../base/clock.ts';
import { LIMITS } from '../base/limits.ts';
import { compilePack, type Pack } from '../packs/pack.ts';
import { readPackSource } from '../packs/pack-source.ts';
import { DataDir } from '../state/data-dir.ts';
import type { Config } from './config-schema.ts';
import { type PackInForce, packInForce } from './pack-in-force.ts';

export interface OpenDataDir extends PackInForce {
  readonly dataDir: DataDir;
  readonly pack: Pack;
}

/**
 * Takes the data directory of a configuration and finds the pack that its log is folded for. A folder whose pack cannot be
 * used makes no directory.
 * @throws BeckonError as {@link DataDir.open}, {@link packInForce} and {@link compilePack}
 */
export const openDataDir = async (config: Config): Promise<OpenDataDir> => {
  const configured = readPackSource(config.pack);
  const ofFolder = compilePack(configured);
  const nowMs = wallClock.nowMs();
  const dataDir = DataDir.open(config.dataDir, { shards: LIMITS.shards, pack: ofFolder.name, nowMs });
  try {
    const inForce = await packInForce(config, configured);
    const pack = inForce.source === configured ? ofFolder : compilePack(inForce.source);
    return { ...inForce, dataDir, pack };
  } catch (error) {
    dataDir.close();
    throw error;
  }
};
