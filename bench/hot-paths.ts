import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Bench, REPORTS } from './bench.ts';
import { type ThreadProfile, threadProfiles } from './profile.ts';
import { Service } from './service.ts';
import type { TrafficKind } from './traffic/kinds.ts';

/** Where a path's time goes, in the threads of a service that does nothing else. */
export interface HotPathProfile {
  readonly name: string;
  /** Folder of the `.cpuprofile` files, for the tools of a browser. */
  readonly folder: string;
  readonly threads: readonly ThreadProfile[];
}

interface HotPath {
  readonly name: string;
  readonly connections: number;
  readonly traffic: Omit<TrafficKind, 'customers'>;
}

/** A thread that was busy for less does not belong to the path. */
const BUSY_SEC_MIN = 0.2;

export const HOT_PATHS: readonly HotPath[] = [
  { name: 'score', connections: 64, traffic: { kind: 'score', path: '/v1/score', perRequest: 1 } },
  { name: 'batch', connections: 4, traffic: { kind: 'batch', path: '/v1/score/batch', perRequest: 1000 } },
  { name: 'single event', connections: 64, traffic: { kind: 'events', path: '/v1/events', perRequest: 1 } },
  { name: 'bulk events', connections: 16, traffic: { kind: 'events', path: '/v1/events', perRequest: 100 } },
];

/** Loads a service of its own with nothing but this path, and profiles it from start to end. */
export const profileHotPath = async (bench: Bench, hotPath: HotPath): Promise<HotPathProfile> => {
  const { name, connections, traffic } = hotPath;
  const { customers, sampleMs, warmUpMs } = bench.size;
  const folder = join(REPORTS, 'profiles', name.replace(' ', '-'));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const service = await Service.start(await bench.peopleDir(), bench.placement.serverCore, folder);
  try {
    const load = { url: service.url, traffic: { ...traffic, customers }, connections };
    await bench.load({ ...load, durationMs: warmUpMs + sampleMs }, () => service.cpuSec());
  } finally {
    await service.stop();
  }
  return { name, folder, threads: threadProfiles(folder).filter(({ busySec }) => busySec > BUSY_SEC_MIN) };
};
