/** A state of many customers, filled in process, with the service's own HTTP server before it. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { loadConfig } from '../../src/app/config.ts';
import { openPackServer } from '../../src/app/pack-server.ts';
import { makeStateMemory, type StateMemory, type StateView, viewState } from '../../src/app/shared-state.ts';
import { LIMITS } from '../../src/base/limits.ts';
import { Applier } from '../../src/features/apply.ts';
import { FeatureReader } from '../../src/features/read.ts';
import { prove } from '../../src/inference/prove.ts';
import { readBundles } from '../../src/inference/repository.ts';
import { HeadSession } from '../../src/inference/session.ts';
import { compilePack, type Pack } from '../../src/packs/pack.ts';
import { readPackSource } from '../../src/packs/pack-source.ts';
import { Followers } from '../../src/serving/followers.ts';
import { Door } from '../../src/serving/http/door.ts';
import { answerQuestions, runFor } from '../child-side.ts';
import { EventStream } from '../event-stream.ts';
import { HeadRun } from '../head-run.ts';
import { customerIdOf } from '../orders.ts';
import { shuffled } from '../random.ts';

export interface Opened {
  readonly url: string;
  readonly rowWords: number;
  readonly events: number;
  readonly fillSec: number;
  /** Rows, index and ids, as the service counts them. */
  readonly countedBytes: number;
  /** By which the process has grown. */
  readonly residentBytes: number;
}

const SEED = 29;
const DAYS_PER_EVENT = 3;
const ROWS_PER_PIECE = 64;
/** Texts in memory. */
const IDS_MAX = 1_000_000;
const OPTIONS = { bodyBytesMax: LIMITS.bodyBytesMax, requestTimeoutMs: LIMITS.requestTimeoutMs, version: 'bench' };

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** In random order, each once; what is in the cache of one is long gone when it comes again. */
let ids: string[] = [];
let reader: FeatureReader;
let runs: HeadRun[] = [];
let values: Float64Array;
let next = 0;

const open = async (asked: { customers: number; eventsPerCustomer: number }): Promise<Opened> => {
  const { customers, eventsPerCustomer } = asked;
  const config = loadConfig({ flags: {}, environment: process.env, folder: import.meta.dirname });
  const source = readPackSource(config.pack);
  const pack = compilePack(source);
  const memory = makeStateMemory(pack, LIMITS.shards);
  const view = viewState(pack, memory);
  const before = residentBytes();
  const startMs = performance.now();
  const events = fill(pack, view, customers, eventsPerCustomer);
  const fillSec = (performance.now() - startMs) / 1000;
  const grownBy = residentBytes() - before;
  const bundles = await Promise.all(readBundles(pack).map((bundle) => prove(bundle, { plans: config.plans })));
  const sessions = bundles.map((bundle) => HeadSession.open(bundle));
  runs = sessions.map((session) => new HeadRun(session, pack.featureNames, ROWS_PER_PIECE));
  reader = new FeatureReader(
    pack.plan,
    view.tables,
    sessions.flatMap(({ featureNames }) => featureNames),
  );
  values = new Float64Array(pack.featureNames.length);
  ids = Array.from(shuffled(customers, SEED).subarray(0, IDS_MAX), customerIdOf);
  return {
    url: await listen({ config, source, memory, bundles }, view),
    rowWords: pack.plan.rowWords,
    events,
    fillSec,
    countedBytes: view.tables.reduce((sum, { shard }) => sum + shard.bytesInUse, 0),
    residentBytes: grownBy,
  };
};

const residentBytes = (): number => {
  collect();
  return process.memoryUsage().rss;
};

/** Straight through the applier: a log of so many events would take hours to write. */
const fill = ({ plan }: Pack, { tables }: StateView, customers: number, eventsPerCustomer: number): number => {
  const applier = new Applier(plan, tables);
  const stream = new EventStream(customers, SEED, eventsPerCustomer * DAYS_PER_EVENT);
  const events = customers * eventsPerCustomer;
  for (let offset = 0; offset < events; offset++) {
    stream.next();
    const { ids, idStart, idEnd, typeCode, timeMs, identityHash, data } = stream;
    applier.apply(ids, idStart, idEnd, typeCode, timeMs, identityHash, data, offset);
  }
  return events;
};

type PackServerData = Parameters<typeof openPackServer>[0] & { readonly memory: StateMemory };

const listen = async (data: PackServerData, { status }: StateView): Promise<string> => {
  status.phase = 'caughtUp';
  const refuse = (): never => {
    throw new Error('only scores are asked for here');
  };
  const server = await openPackServer(
    data,
    {
      sink: { submit: refuse, submitPlain: refuse },
      stream: { outbox: refuse, followers: new Followers(refuse) },
      overseer: {
        metrics: refuse,
        metricsContentType: '',
        state: refuse,
        changePack: refuse,
        packChange: refuse,
      },
      status,
      notReady: () => undefined,
      readiness: () => ({}),
      onInternal(cause) {
        throw cause;
      },
    },
    OPTIONS,
  );
  const door = new Door(server, OPTIONS, refuse);
  return `http://127.0.0.1:${await door.listen({ host: '127.0.0.1', port: 0, reusePort: false })}`;
};

/** Features and heads without HTTP. */
const scoreRows = (durationMs: number) => {
  const nowSec = Math.floor(Date.now() / 1000);
  let wrongCount = 0;
  const { pieces, wallSec, cpuSec } = runFor(durationMs, () => {
    reader.nextTurn();
    for (let row = 0; row < ROWS_PER_PIECE; row++) {
      if (reader.read(ids[next], nowSec, false, values) !== 'known') wrongCount++;
      for (const run of runs) run.write(values, row);
      next = next + 1 === ids.length ? 0 : next + 1;
    }
    for (const run of runs) run.run();
  });
  const work = pieces * ROWS_PER_PIECE;
  const wrong = wrongCount === 0 ? [] : ['customers of the state were not known'];
  return { work, wallSec, cpuSec, checked: work, wrong, wrongCount };
};

answerQuestions({ open, scoreRows });
