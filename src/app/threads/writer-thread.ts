import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { wallClock } from '../../base/clock.ts';
import { BeckonError } from '../../base/errors.ts';
import { LIMITS, setLimits } from '../../base/limits.ts';
import type { Chunk } from '../../events/record.ts';
import { ItemChanges, type ToldItems } from '../../features/item-changes.ts';
import { compilePack, type Pack } from '../../packs/pack.ts';
import type { PackSource } from '../../packs/pack-source.ts';
import type { ColdDatabase } from '../../state/cold-database.ts';
import { deadLettersPathOf, outboxPathOf } from '../../state/data-dir.ts';
import { DeadLetters } from '../../state/dead-letters.ts';
import { outboxNeeds } from '../../state/outbox.ts';
import { SharedFirings } from '../../state/shared-firings.ts';
import { type DurableChunks, SharedWriter } from '../../state/shared-writer.ts';
import type { Places } from '../../state/status.ts';
import { TriggerWatch } from '../../state/trigger-watch.ts';
import { type ChunkResult, Writer } from '../../state/writer.ts';
import { createLogger } from '../../telemetry/logger.ts';
import { createMetrics } from '../../telemetry/metrics.ts';
import type { Config } from '../config-schema.ts';
import { endOf, openLog } from '../open-log.ts';
import { packChanged } from '../pack-changed.ts';
import { dedupeWindows, openColdDatabase, type StateMemory, type StateView, viewState } from '../shared-state.ts';
import { stateFacts } from '../state-facts.ts';
import { stateLayout } from '../state-layout.ts';
import { Checkpoints } from './checkpoints.ts';
import { giveBackMemory } from './give-back.ts';
import { Link } from './link.ts';
import type { ChunkReply } from './writer-client.ts';

/**
 * The writer thread: alone on the log and the only one that changes rows. Everything that arrives while a commit is
 * under way is the next group.
 */
export interface WriterThreadData extends PackState {
  readonly config: Config;
  readonly logPath: string;
}

/** A pack, and the state that is laid out for it. */
export interface PackState {
  readonly source: PackSource;
  readonly memory: StateMemory;
}

const { config, logPath, ...first } = workerData as WriterThreadData;
setLimits(config.limits);
const metrics = createMetrics('writer');
const logger = createLogger({ level: config.logLevel, thread: 'writer' });
const waiting: { readonly port: MessagePort; readonly chunk: Chunk }[] = [];
let isRunning = false;
/** While the pack is changed nothing is committed, or nothing erased. */
let isHeld = false;
let isKept = false;
let idle: PromiseWithResolvers<void> | undefined;

/** Brokers may start after the service. */
const log = await openLog(config, logPath, 'writer', ({ message }) =>
  logger.warn({ err: message }, 'waiting for a broker'),
);

/**
 * @param before whose place it takes
 * @param told of items by whoever has folded the log; by the one before where its state stays
 */
const openWriter = ({ source, memory }: PackState, before?: OpenState, told = before?.writer.itemChanges.told) => {
  const pack = compilePack(source);
  const view = viewState(pack, memory);
  pack.ruleItems.follow(view.itemBoard);
  const dedupe = dedupeWindows(pack, view.tables);
  const isSameState = before?.view.coldPath === view.coldPath;
  const cold = isSameState ? before?.cold : openColdDatabase(pack, view, before === undefined);
  const erasures = before?.writer.erasures;
  const stopwatchMs = (): number => performance.now();
  const itemChanges = new ItemChanges(pack.plan.declaredItems, pack.plan.askedOfItems, told);
  const triggers = pack.triggers.length === 0 ? undefined : new TriggerWatch(pack.plan, view.tables, pack.watched);
  const fold = { itemChanges, erasures, deadLetters, triggers };
  const writer = new Writer({ log, plan: pack.plan, ...view, cold, dedupe, ...fold, stopwatchMs });
  return { pack, view, cold, writer, triggers, memories: memory.shards, layout: stateLayout(pack) };
};

/** Records that could not be applied. */
const deadLetters = new DeadLetters(deadLettersPathOf(config.dataDir));

interface OpenState {
  readonly pack: Pack;
  readonly view: StateView;
  readonly cold: ColdDatabase | undefined;
  readonly writer: Writer;
  readonly memories: readonly WebAssembly.Memory[];
  readonly layout: string;
  readonly triggers: TriggerWatch | undefined;
}

let state: OpenState = openWriter(first);
const { status } = state.view;
/** Of states that readers may still be looking at. */
const coldBefore: ColdDatabase[] = [];

/** Between two parts of an erasure what has come meanwhile is committed. */
const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
let erasing: Promise<void> | undefined;

/** Behind the answers: whoever was erased is unknown already. */
const eraseBehind = (): void => {
  if (isKept || !state.writer.hasErasures || erasing !== undefined || status.phase === 'failed') return;
  erasing = checkpoints.trimming
    .then(() => state.writer.erase(pause, () => checkpoints.forget()))
    .catch(fail)
    .finally(() => {
      erasing = undefined;
      eraseBehind();
    });
};

/** Brokers come and go: told once for each time. */
const reached = (trouble?: Error): void => {
  if (trouble === undefined) checkpoints.makeBehind();
  if ((trouble !== undefined) === status.awaySinceMs > 0) return;
  status.awaySinceMs = trouble === undefined ? 0 : wallClock.nowMs();
  if (trouble === undefined) logger.info({}, 'the log can be reached again');
  else logger.warn({ err: trouble.message }, 'the log cannot be reached; events are refused until it can');
};

/** Undefined where nobody else writes to the log. */
const shared =
  log.isShared === false
    ? undefined
    : new SharedWriter({
        writer: state.writer,
        log,
        status,
        failed: (error) => fail(error),
        reached,
        stopwatchMs: () => performance.now(),
      });

const firings = shared && new SharedFirings(shared);

/** Durable events whose result has not been read back by then are told to be accepted. */
const READ_BACK_MS_MAX = 250;
/** Answers go out in the order in which chunks came, whichever is ready first. */
let answered = Promise.resolve();

/** What is to happen between two groups. */
const resting: (() => void)[] = [];
const atRest = (work: () => void): Promise<void> =>
  new Promise((resolve, reject) => {
    const doIt = (): void => {
      try {
        if (status.phase === 'failed') throw new Error('the service stops after a failure');
        resolve(work());
      } catch (error) {
        reject(error);
      }
    };
    // What others append is folded group by group in single steps: there is always rest between them.
    if (isRunning && shared === undefined) resting.push(doIt);
    else doIt();
  });

const checkpoints = new Checkpoints({
  dataDir: config.dataDir,
  config,
  log,
  status,
  state: () => ({ ...state, tables: state.view.tables }),
  isHeld: () => isHeld || isKept || status.phase !== 'caughtUp',
  nowMs: () => nowMs() ?? status.logNowMs,
  isErasing: () => erasing !== undefined,
  neededFrom: () => outboxNeeds(outboxPathOf(config.dataDir)),
  onLogFailure: (error) => fail(error),
  atRest,
  onFailure: ({ message }) => void link.ask('warn', { message: `no checkpoint was made: ${message}` }),
});

const reply = (port: MessagePort, message: ChunkReply): void => port.postMessage(message);

const start = (): void => {
  if (isRunning || isHeld || waiting.length === 0) return;
  isRunning = true;
  setImmediate(run);
};

/** Commits what waits, one group a turn of the loop, so that chunks which arrive meanwhile are received. */
const run = async (): Promise<void> => {
  const group: typeof waiting = [];
  let events = 0;
  let bytes = 0;
  for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
    events += next.chunk.count;
    bytes += next.chunk.records.length;
    if (group.length > 0 && (events > LIMITS.groupEventsMax || bytes > LIMITS.groupBytesMax)) break;
    group.push(next);
    waiting.shift();
  }
  await commit(group);
  for (const work of resting.splice(0)) work();
  checkpoints.makeBehind();
  if (waiting.length > 0 && !isHeld) {
    setImmediate(run);
    return;
  }
  isRunning = false;
  idle?.resolve();
};

/** @returns when no group is under way */
const ended = async (): Promise<void> => {
  if (!isRunning) return;
  idle = Promise.withResolvers();
  await idle.promise;
};

type Waiting = typeof waiting;

const commit = async (group: Waiting): Promise<void> => {
  const chunks = group.map(({ chunk }) => chunk);
  try {
    // What waited behind a group that failed: the state may no longer be the fold of the log.
    if (status.phase === 'failed') throw new BeckonError('LOG_UNAVAILABLE', 'the service stops after a failure');
    if (shared !== undefined) {
      // One that is away would let every group wait for its end.
      if (status.awaySinceMs > 0)
        throw new BeckonError('LOG_UNAVAILABLE', 'no broker can be reached; send again later');
      const durable = await shared.commit(chunks, nowMs());
      const results = readBack(durable);
      answered = answered.then(async () => answer(group, await results));
      return;
    }
    answer(group, await state.writer.commit(chunks, nowMs()));
    eraseBehind();
  } catch (error) {
    answered = answered.then(() => refuse(group, error));
    if (!isRefused(error)) fail(error);
  }
};

/** What a broker did not take may be sent again; what a disk did not take is known after a new start. */
const isRefused = (error: unknown): boolean => {
  const { code } = error as Partial<BeckonError>;
  return code === 'STATE_FULL' || (code === 'LOG_UNAVAILABLE' && shared !== undefined);
};

const readBack = async ({ results, hurry }: DurableChunks): Promise<ChunkResult[]> => {
  const timer = setTimeout(hurry, READ_BACK_MS_MAX);
  const told = await results;
  clearTimeout(timer);
  return told;
};

const answer = (group: Waiting, results: readonly ChunkResult[]): void => {
  for (const [i, { port }] of group.entries()) reply(port, { results: results[i] });
  leave(group);
};

const refuse = (group: Waiting, error: unknown): void => {
  const { code, message } = error instanceof BeckonError ? error : new BeckonError('INTERNAL', 'internal error');
  for (const { port } of group) reply(port, { error: { code, message } });
  leave(group);
};

const leave = (group: Waiting): void =>
  status.takePending(
    group.reduce((sum, { chunk }) => sum + chunk.count, 0),
    wallClock.nowMs(),
  );

const nowMs = (): number | undefined => (config.clock === 'log' ? undefined : wallClock.nowMs());

/** Below the second that a trigger may be late, with room for a busy machine. */
const FIRE_EVERY_MS = 100;

/** Time passes without events, too: what it makes fire is committed between two groups. */
const fire = async (): Promise<void> => {
  if (isRunning || isHeld || status.phase !== 'caughtUp') return;
  isRunning = true;
  try {
    // What has come meanwhile has waited long enough.
    while ((await fireSome()) > 0 && waiting.length === 0 && !isHeld) await pause();
  } catch (error) {
    if (!isRefused(error)) fail(error);
  }
  isRunning = false;
  idle?.resolve();
  start();
};

const fireSome = async (): Promise<number> => {
  if (firings === undefined) return state.writer.fire(nowMs());
  return status.awaySinceMs > 0 ? 0 : firings.fire(wallClock.nowMs());
};

let firing: NodeJS.Timeout | undefined;

/** Looks at everybody, and from then on at whoever changes. */
const watch = async (triggers: TriggerWatch, isBehind: boolean): Promise<void> => {
  for (const _ of triggers.scan(Math.floor(status.logTimeMs / 1000))) if (isBehind) await pause();
  firing ??= setInterval(() => void fire(), FIRE_EVERY_MS);
};

/** On the log's clock nothing may happen before everybody was looked at; on the machine's nobody waits for it. */
const startWatch = async (): Promise<void> => {
  const { triggers } = state;
  firings?.change(triggers);
  if (triggers === undefined) return;
  if (config.clock === 'log') await watch(triggers, false);
  else watch(triggers, true).catch(fail);
};

/** What is on disk is only known after a new start: nothing is acknowledged any more, and the process ends. */
const fail = (error: unknown): void => {
  if (status.phase === 'failed') return;
  status.phase = 'failed';
  const { code, message } = error as BeckonError;
  void link.ask('failed', { code, message });
};

const link = new Link(parentPort as MessagePort, {
  connect(port: MessagePort) {
    port.on('message', (chunk: Chunk) => {
      waiting.push({ port, chunk });
      start();
    });
  },
  async recover() {
    const end = endOf(log);
    const restored = await checkpoints.restore({
      refused: (number, why) => void link.ask('warn', { message: `checkpoint ${number} cannot be used: ${why}` }),
      progress: (bytes, bytesTotal) => void link.ask('progress', { bytes, bytesTotal }),
    });
    if (restored !== undefined) void link.ask('restored', restored);
    await (shared ?? state.writer).recover((offset) => void link.ask('progress', { offset, end }));
    await startWatch();
    eraseBehind();
  },
  metrics: () => metrics.part(),
  state: () => stateFacts(state.pack, state.view, state.cold),
  /** Another thread is about to read the log to its end: records stay what they are. */
  async keepRecords() {
    isKept = true;
    await checkpoints.cancel();
    while (erasing !== undefined) await erasing;
  },
  /** Nothing is committed until `release`. */
  async hold() {
    isHeld = true;
    await checkpoints.cancel();
    await ended();
    await shared?.pause();
  },
  /** Only while it is held. @returns the offset of the `pack.changed` */
  async changePack({ told, places, ...next }: PackState & { told?: ToldItems; places?: Places }) {
    if (status.phase === 'failed') throw new BeckonError('LOG_UNAVAILABLE', 'the service stops after a failure');
    if (status.awaySinceMs > 0) throw new BeckonError('LOG_UNAVAILABLE', 'no broker can be reached; ask again later');
    try {
      if (shared !== undefined) {
        await shared.commit([packChanged(compilePack(next.source))], nowMs());
        if (places !== undefined) status.takePlaces(places);
      }
      const opened = openWriter(next, state, told);
      if (shared === undefined) await opened.writer.commit([packChanged(opened.pack)], nowMs());
      else shared.change(opened.writer);
      if (state.cold !== undefined && state.cold !== opened.cold) coldBefore.push(state.cold);
      if (opened.layout !== state.layout) checkpoints.renew();
      state = opened;
      await startWatch();
      return status.appliedOffset;
    } catch (error) {
      if (!(error instanceof BeckonError && error.code === 'STATE_FULL')) fail(error);
      throw error;
    }
  },
  async release() {
    await shared?.resume();
    isHeld = false;
    isKept = false;
    start();
    eraseBehind();
    checkpoints.makeBehind();
  },
  /** Nobody looks at the states before this one any more. */
  forgetPacks() {
    for (const cold of coldBefore.splice(0)) cold.close();
    setImmediate(giveBackMemory);
  },
  async stop() {
    clearInterval(firing);
    await ended();
    while (erasing !== undefined) await erasing;
    await answered;
    await shared?.close();
    await checkpoints.close();
    await log.close();
    deadLetters.close();
    for (const cold of [...coldBefore, state.cold]) cold?.close();
    metrics.close();
    logger.flush();
  },
});
