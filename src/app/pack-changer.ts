import { BeckonError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import type { ToldItems } from '../features/item-changes.ts';
import { type Bundle, listBundles, readBundles } from '../inference/repository.ts';
import { compilePack, type Pack } from '../packs/pack.ts';
import type { PackChange, PackChangeAsk, PackChangeProgress } from '../packs/pack-change.ts';
import { type Change, foldsAlike } from '../packs/pack-diff.ts';
import { type PackSource, packSha256, packSourceOf, readPackSource } from '../packs/pack-source.ts';
import { addAppliedPack } from '../state/applied-packs.ts';
import { coldPathOf } from '../state/data-dir.ts';
import { Status } from '../state/status.ts';
import type { Config } from './config-schema.ts';
import { isOnKafka } from './kafka.ts';
import { packPartition } from './pack-changed.ts';
import { checkPack } from './pack-check.ts';
import { makeStateMemory, type StateMemory } from './shared-state.ts';
import type { FoldThreadData } from './threads/fold-thread.ts';
import type { Link } from './threads/link.ts';
import { endThread, startThread, type Thread } from './threads/thread.ts';

/** The pack that all threads serve, with the state that is laid out for it. */
export interface ServedPack {
  readonly source: PackSource;
  readonly pack: Pack;
  readonly memory: StateMemory;
  readonly bundles: readonly Bundle[];
}

export interface PackChangerParts {
  readonly config: Config;
  readonly writer: Link;
  readonly serving: readonly Link[];
  /** @throws BeckonError BUNDLE_REFUSED */
  /** @returns them with their plans */
  readonly prove: (bundles: readonly Bundle[]) => Promise<Bundle[]>;
  /** Bytes that the state takes now. */
  readonly stateBytes: () => number;
  /** Told when every thread serves it. @returns when nobody else looks at the state before */
  readonly changed: (served: ServedPack) => Promise<void>;
  /** Told of what must not happen: the threads may serve different packs, and the process must end. */
  readonly onFailure: (error: Error) => void;
}

/** Events that may be left for the moment in which nothing is committed: some 10 ms of folding. */
const TAIL_EVENTS_MAX = 5000;

/**
 * Puts another pack in the place of the one in force while the service runs. One change at a time:
 * ```
 *   check ─ fold the log into a second state ─ prepare all threads ─ keep the files ─┐   reads and events go on
 *   ┌─ hold commits ─ fold the tail ─ log `pack.changed` ─ change all threads ───────┘   reads go on, events wait
 *   └─ release
 * ```
 * Until `pack.changed` is durable nothing has happened; after it everything has, also if the process dies.
 */
export class PackChanger {
  private readonly parts: PackChangerParts;
  private served: ServedPack;
  private underWay: Promise<PackChange> | undefined;
  private fold: { readonly thread: Thread; readonly status: Status } | undefined;
  /** Folds begun so far. */
  private folds = 0;
  private isClosing = false;

  constructor(served: ServedPack, parts: PackChangerParts) {
    this.served = served;
    this.parts = parts;
  }

  get progress(): PackChangeProgress {
    const { fold } = this;
    if (fold === undefined) return { underWay: this.underWay !== undefined };
    const events = new Status(this.served.memory.status).appliedOffset + 1;
    return { underWay: true, folded: fold.status.appliedOffset + 1, events };
  }

  /** @throws BeckonError REQUEST_INVALID, PACK_INVALID, PACK_REFUSED, BUNDLE_REFUSED, PACK_CHANGING, STATE_FULL, SHUTTING_DOWN */
  async change(ask: PackChangeAsk): Promise<PackChange> {
    if (ask.isDryRun) return this.check(ask).change;
    if (this.underWay !== undefined) throw new BeckonError('PACK_CHANGING', 'another change of the pack is under way');
    this.refuseWhenClosing();
    this.underWay = this.apply(ask);
    try {
      return await this.underWay;
    } finally {
      this.underWay = undefined;
    }
  }

  /** Gives up a change that has not happened yet, and waits for one that has. */
  async close(): Promise<void> {
    this.isClosing = true;
    await this.fold?.thread.worker.terminate();
    await this.underWay?.catch(() => {});
  }

  /** About what a second state would take beside the one in force. */
  private foldBytes(pack: Pack): number {
    return Math.ceil((this.parts.stateBytes() * pack.plan.rowWords) / this.served.pack.plan.rowWords);
  }

  /** What the change would do. @throws BeckonError where the pack cannot be used at all */
  private check({ files, heads = {} }: PackChangeAsk): { source: PackSource; pack: Pack; change: PackChange } {
    const { served } = this;
    const source = packSourceOf(served.pack.folder, files);
    const pack = compilePack(source);
    const versions = served.bundles.map(({ manifest: { head, version } }) => ({ head, version }));
    const { difference, problems } = checkPack(served.pack, versions, pack);
    const refold = !foldsAlike(served.pack, pack);
    const change: PackChange = {
      name: pack.name,
      version: pack.version,
      sha256: pack.sha256,
      before: { version: served.pack.version, sha256: served.pack.sha256 },
      applied: false,
      difference,
      refold,
      filled: difference.features.filter(({ how }) => how !== 'removed').map(({ name }) => name),
      problems: [...problems, ...absentHeads(pack, heads)],
      notes: refold ? notesOf(pack, difference.features, this.foldBytes(pack)) : [],
    };
    return { source, pack, change };
  }

  private async apply(ask: PackChangeAsk): Promise<PackChange> {
    const { served, parts } = this;
    const { source, pack, change } = this.check(ask);
    if (change.problems.length > 0) throw new BeckonError('PACK_REFUSED', change.problems.join('; '));
    const neededBytes = change.refold ? this.foldBytes(pack) : 0;
    const freeBytes = process.availableMemory();
    if (neededBytes > freeBytes)
      throw new BeckonError(
        'PACK_REFUSED',
        `a second state needs about ${mebibytes(neededBytes)}, and the machine has ${mebibytes(freeBytes)} left: change the folder and start the service anew`,
      );
    const bundles = readBundles(pack);
    const isSame = (a: readonly Bundle[], b: readonly Bundle[]): boolean =>
      a.map(({ sha256 }) => sha256).join() === b.map(({ sha256 }) => sha256).join();
    if (pack.sha256 === served.pack.sha256 && isSame(bundles, served.bundles)) return change;
    const proven = await parts.prove(bundles);
    const memory = change.refold ? await this.foldAnew(source, pack) : served.memory;
    const next: ServedPack = { source, pack, memory: { ...memory, status: served.memory.status }, bundles: proven };
    const logOffset = await this.switchTo(next);
    return { ...change, applied: true, logOffset };
  }

  /** Folds the log into a state of its own, up to a tail. */
  private async foldAnew(source: PackSource, pack: Pack): Promise<StateMemory> {
    const { parts, served } = this;
    await parts.writer.ask('keepRecords');
    try {
      this.refuseWhenClosing();
      const memory = makeStateMemory(pack, LIMITS.shards, coldPathOf(parts.config.dataDir, ++this.folds));
      const data: FoldThreadData = { config: parts.config, source, memory };
      const status = new Status(memory.status);
      this.fold = { thread: startThread('./fold-thread.ts', data), status };
      const now = new Status(served.memory.status);
      do await this.foldOn();
      while (now.appliedOffset - status.appliedOffset > TAIL_EVENTS_MAX);
      return memory;
    } catch (error) {
      await this.endFold(false);
      await parts.writer.ask('release');
      throw error;
    }
  }

  /** Folds what the log holds by now. @returns what it has told of items */
  private async foldOn(): Promise<ToldItems> {
    const { thread } = this.fold as NonNullable<typeof this.fold>;
    const gone = thread.ended.then((): ToldItems => {
      this.refuseWhenClosing();
      throw new Error('the thread that folds the log has ended');
    });
    const told = await Promise.race([thread.link.ask<ToldItems>('fold'), gone]);
    this.refuseWhenClosing();
    return told;
  }

  /** @param isTaken whether its state is the writer's now */
  private async endFold(isTaken: boolean): Promise<void> {
    const { fold } = this;
    this.fold = undefined;
    // One that was terminated, or has failed, does not answer.
    if (fold !== undefined) await Promise.race([endThread(fold.thread, isTaken).catch(() => {}), settled(fold.thread)]);
  }

  /** @returns the offset of the `pack.changed` */
  private async switchTo(next: ServedPack): Promise<number> {
    const { writer, serving, changed, onFailure } = this.parts;
    const { source, memory, bundles } = next;
    let logOffset: number;
    try {
      // One after another: preparing takes a thread's loop for some 100 ms.
      for (const link of serving) await link.ask('preparePack', { source, memory, bundles });
      this.refuseWhenClosing();
      this.keep(next);
      await writer.ask('hold');
      const told = this.fold === undefined ? undefined : await this.foldOn();
      const places = this.fold && { positions: this.fold.status.positions, logTimesMs: this.fold.status.logTimesMs };
      logOffset = await writer.ask<number>('changePack', { source, memory, told, places });
    } catch (error) {
      for (const link of serving) await link.ask('forgetPack');
      await this.endFold(false);
      await writer.ask('release');
      throw error;
    }
    try {
      await Promise.all(serving.map((link) => link.ask('changePack')));
      await this.endFold(true);
      await writer.ask('release');
    } catch (error) {
      onFailure(error as Error);
      throw error;
    }
    this.served = next;
    void changed(next)
      .then(() => this.forget())
      .catch(onFailure);
    return logOffset;
  }

  /** Once the last requests of the pack before are answered, its state is given back. */
  private async forget(): Promise<void> {
    await Promise.all(this.parts.serving.map((link) => link.ask('forgetPacks')));
    await this.parts.writer.ask('forgetPacks');
  }

  /** Keeps the files, so that a restart finds what the log is about to name; where it does not come to that, they mean nothing. */
  private keep({ source, pack }: ServedPack): void {
    const { dataDir } = this.parts.config;
    const status = new Status(this.served.memory.status);
    addAppliedPack(
      dataDir,
      {
        sha256: pack.sha256,
        version: pack.version,
        folderSha256: packSha256(readPackSource(this.parts.config.pack)),
        fromOffset: isOnKafka(this.parts.config)
          ? status.positions[packPartition(pack.name)]
          : status.appliedOffset + 1,
      },
      source.files as Record<string, string>,
    );
  }

  private refuseWhenClosing(): void {
    if (this.isClosing) throw new BeckonError('SHUTTING_DOWN', 'the service is stopping; the pack stays as it was');
  }
}

const settled = ({ ended }: Thread): Promise<void> => ended.catch(() => {});

/** Bundles that whoever sent the pack has and the service has not. */
const absentHeads = ({ folder, name }: Pack, heads: Readonly<Record<string, string>>): string[] => {
  const present = new Set(listBundles(folder, name).map(({ head, version }) => `${head} ${version}`));
  return Object.entries(heads)
    .filter(([head, version]) => !present.has(`${head} ${version}`))
    .map(([head, version]) => `head ${head}: there is no version ${version} in ${folder}; put the bundle there first`);
};

const notesOf = ({ plan }: Pack, features: readonly Change[], bytes: number): string[] => {
  const fresh = new Set(features.filter(({ how }) => how !== 'removed').map(({ name }) => name));
  const ofGroups = plan.features.filter(({ spec }) => spec.by !== undefined && fresh.has(spec.name));
  const names = ofGroups.map(({ spec }) => spec.name).join(', ');
  return [
    `the log is folded anew; until that is done two states are in memory, about ${mebibytes(bytes)} more`,
    ...(names === '' ? [] : [`${names}: what customers did who have been erased is not in it any more`]),
  ];
};

const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;
