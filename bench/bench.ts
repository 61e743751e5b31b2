import { cpSync, mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { Child } from './child.ts';
import type { Load, LoadResult } from './children/client.ts';
import type { GrpcLoad } from './children/grpc-client.ts';
import { todayMs, writeOrders } from './orders.ts';
import { writePeople } from './people.ts';
import type { Placement } from './placement.ts';
import { replayFile } from './replay-file.ts';
import type { Sample } from './sample.ts';
import { Service } from './service.ts';
import type { Size } from './size.ts';

const SEED = 20_260;
export const REPORTS = join(import.meta.dirname, 'reports');

/** `f_type` of file systems in memory, on which a sync costs nothing. */
const TMPFS = 0x01021994;

/** What rows share: the orders, the state made of them, the service over it, and the client. Made when first asked for. */
export class Bench {
  readonly size: Size;
  readonly placement: Placement;
  /** A folder beside the reports and not in the system's one for temporary files, which is often kept in memory. */
  readonly folder: string;
  /** How events are made durable, and where. */
  readonly durability: string;
  private readonly profileFolder: string | undefined;
  private readonly ends: (() => Promise<void>)[] = [];
  private readonly made = new Map<string, Promise<unknown>>();
  private copies = 0;

  constructor(size: Size, where: Placement, profileFolder: string | undefined) {
    this.size = size;
    this.placement = where;
    this.profileFolder = profileFolder;
    mkdirSync(REPORTS, { recursive: true });
    this.folder = mkdtempSync(join(REPORTS, 'run-'));
    const place = statfsSync(this.folder).type === TMPFS ? 'IN MEMORY: a sync costs nothing' : 'on disk';
    this.durability = `SQLite write-ahead log, synchronous=FULL, ${place}`;
  }

  /** Orders, one structured CloudEvent a line. */
  ordersFile(): Promise<string> {
    return this.once('orders', async () => {
      const path = join(this.folder, 'orders.ndjson');
      writeOrders(path, this.size.orders, this.size.customers, SEED);
      return path;
    });
  }

  /** A data directory of the caller's own, that holds the orders. */
  async dataDir(): Promise<string> {
    const loaded = await this.once('loaded', async () => {
      const path = join(this.folder, 'loaded');
      await replayFile(await this.ordersFile(), path, undefined);
      return path;
    });
    const copy = join(this.folder, `data-${this.copies++}`);
    cpSync(loaded, copy, { recursive: true });
    return copy;
  }

  /** The same, of people who can be contacted. */
  private async peopleDir(): Promise<string> {
    const path = await this.dataDir();
    const people = join(this.folder, 'people.ndjson');
    writePeople(people, this.size.customers, todayMs());
    await replayFile(people, path, undefined);
    return path;
  }

  service(): Promise<Service> {
    return this.once('service', async () => {
      const service = await Service.start(await this.peopleDir(), this.placement.serverCore, this.profileFolder);
      this.ends.push(() => service.stop());
      return service;
    });
  }

  /** A process that is measured. The caller stops it. */
  measuredChild(file: string): Child {
    return new Child(file, this.placement.serverCore);
  }

  /** Loads a server from the client's process. @param cpuSec of the server so far */
  load(load: Load, cpuSec: () => number): Promise<Sample> {
    return this.loadFrom('client.ts', load, cpuSec);
  }

  /** The same over gRPC. */
  loadGrpc(load: GrpcLoad, cpuSec: () => number): Promise<Sample> {
    return this.loadFrom('grpc-client.ts', load, cpuSec);
  }

  private async loadFrom(file: string, load: Load | GrpcLoad, cpuSec: () => number): Promise<Sample> {
    const client = await this.once(file, async () => {
      const child = new Child(file, this.placement.clientCore);
      this.ends.push(() => child.stop());
      return child;
    });
    const before = cpuSec();
    const result = await client.ask<LoadResult>('load', load);
    return { ...result, cpuSec: cpuSec() - before };
  }

  async close(): Promise<void> {
    for (const end of this.ends.reverse()) await end();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private once<T>(name: string, make: () => Promise<T>): Promise<T> {
    let made = this.made.get(name);
    if (made === undefined) {
      made = make();
      this.made.set(name, made);
    }
    return made as Promise<T>;
  }
}
