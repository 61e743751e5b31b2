import type { Channel } from 'node:diagnostics_channel';
import { Gauge, type Registry } from 'prom-client';
import {
  type MeasuredApply,
  type MeasuredCheckpoint,
  type MeasuredColdRead,
  type MeasuredCommit,
  type MeasuredFiring,
  type MeasuredFollower,
  type MeasuredGroup,
  type MeasuredIntake,
  type MeasuredRejection,
  type MeasuredRequest,
  type MeasuredStream,
  measures,
} from '../base/measures.ts';
import { CellCounter, CellHistogram, type CounterCell, type HistogramCell } from './cells.ts';

/** Seconds: 100 µs, where a single score should be, to 1 s, where everybody has given up. */
const REQUEST_BOUNDS = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];
/** Seconds: a group is synced to disk in 0.1 ms at best, and beyond 0.5 s the disk is the problem. */
const COMMIT_BOUNDS = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5];
/** Seconds: what work on the whole state takes. */
const LONG_BOUNDS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200];
const SIZE_BOUNDS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192];
const ROW_BOUNDS = [1, 2, 4, 8, 16, 32, 64];
/** Seconds late: a second, a minute, an hour, six, a day, a week, a month, a quarter, a year. */
const LATE_BOUNDS = [1, 10, 60, 600, 3600, 21_600, 86_400, 604_800, 2_592_000, 7_776_000, 31_536_000];

type Listen = <T>(channel: Channel, listener: (message: T) => void) => void;

/** Turns what the domain publishes into numbers of a registry. @returns takes all listeners off again */
export const listen = (registry: Registry): (() => void) => {
  const ends: (() => void)[] = [];
  const on: Listen = (channel, listener) => {
    const handler = (message: unknown): void => listener(message as never);
    channel.subscribe(handler);
    ends.push(() => channel.unsubscribe(handler));
  };
  listenToRequests(registry, on);
  listenToEvents(registry, on);
  listenToIntake(registry, on);
  listenToInference(registry, on);
  listenToColdReads(registry, on);
  listenToStream(registry, on);
  listenToCheckpoints(registry, on);
  return () => {
    for (const end of ends) end();
  };
};

const listenToRequests = (registry: Registry, on: Listen): void => {
  const seconds = new CellHistogram(
    registry,
    'beckon_http_request_seconds',
    'Time to answer a request',
    REQUEST_BOUNDS,
  );
  // Three small maps: no key is put together for a request.
  const routes = new Map<string, Map<string, Map<number, HistogramCell>>>();
  on<MeasuredRequest>(measures.request, ({ route, method, status, durationMs }) => {
    const statuses = inner(inner(routes, route), method);
    const cell = statuses.get(status) ?? seconds.cell({ route, method, status: String(status) });
    statuses.set(status, cell);
    cell.observe(durationMs / 1000);
  });
};

/** The map at a key, made where there is none. */
const inner = <K, V>(outer: Map<string, Map<K, V>>, key: string): Map<K, V> => {
  let map = outer.get(key);
  if (map === undefined) {
    map = new Map();
    outer.set(key, map);
  }
  return map;
};

const listenToEvents = (registry: Registry, on: Listen): void => {
  const total = new CellCounter(registry, 'beckon_events_total', 'Events by what became of them');
  const accepted = total.cell({ result: 'accepted' });
  const duplicates = total.cell({ result: 'duplicate' });
  const rejected = new CellCounter(registry, 'beckon_events_rejected_total', 'Events that were refused, by code');
  const codes = new Map<string, CounterCell>();
  const late = new CellHistogram(
    registry,
    'beckon_event_late_seconds',
    'How far late events lay behind the newest of their customer',
    LATE_BOUNDS,
  ).cell();
  const corrections = new CellCounter(
    registry,
    'beckon_event_corrections_total',
    'Late events that corrected a feature',
  ).cell();
  const commits = new CellHistogram(registry, 'beckon_commit_seconds', 'Time of a group commit', COMMIT_BOUNDS).cell();
  const sizes = new CellHistogram(registry, 'beckon_commit_events', 'Events of a group commit', SIZE_BOUNDS).cell();
  const bytes = new CellCounter(registry, 'beckon_commit_bytes_total', 'Bytes of records appended').cell();
  const applies = new CellHistogram(registry, 'beckon_apply_seconds', 'Time to apply a group', COMMIT_BOUNDS).cell();

  on<MeasuredGroup>(measures.group, (group) => {
    accepted.value += group.events;
    duplicates.value += group.duplicates;
    corrections.value += group.corrections;
    for (const lateSec of group.lateSecs) late.observe(lateSec);
  });
  on<MeasuredRejection>(measures.rejection, ({ code, events }) => {
    const cell = codes.get(code) ?? rejected.cell({ code });
    codes.set(code, cell);
    cell.value += events;
  });
  on<MeasuredCommit>(measures.commit, (commit) => {
    commits.observe(commit.durationMs / 1000);
    sizes.observe(commit.events);
    bytes.value += commit.bytes;
  });
  on<MeasuredApply>(measures.apply, ({ durationMs }) => applies.observe(durationMs / 1000));
};

const listenToIntake = (registry: Registry, on: Listen): void => {
  const taken = new CellCounter(registry, 'beckon_intake_events_total', 'Messages of source topics taken').cell();
  const letters = new CellCounter(registry, 'beckon_dead_letters_total', 'Messages set aside, by code');
  const codes = new Map<string, CounterCell>();
  on<MeasuredIntake>(measures.intake, ({ events }) => {
    taken.value += events;
  });
  on<MeasuredRejection>(measures.deadLetter, ({ code, events }) => {
    const cell = codes.get(code) ?? letters.cell({ code });
    codes.set(code, cell);
    cell.value += events;
  });
};

const listenToColdReads = (registry: Registry, on: Listen): void => {
  const reads = new CellCounter(
    registry,
    'beckon_cold_reads_total',
    'Questions that the index in memory could not answer, by who did',
  );
  const remembered = reads.cell({ from: 'cache' });
  const asked = reads.cell({ from: 'database' });
  on<MeasuredColdRead>(measures.coldRead, ({ isRemembered }) => {
    (isRemembered ? remembered : asked).value++;
  });
};

const listenToStream = (registry: Registry, on: Listen): void => {
  const rescored = new CellCounter(registry, 'beckon_stream_rescored_total', 'Customers scored for the stream').cell();
  const emitted = new CellCounter(registry, 'beckon_stream_messages_total', 'Messages that went out').cell();
  const seconds = new CellHistogram(registry, 'beckon_stream_step_seconds', 'Time of a step', COMMIT_BOUNDS).cell();
  const registers = [registry];
  const waiting = new Gauge({
    name: 'beckon_stream_waiting_events',
    help: 'Events that the stream has not looked at',
    registers,
  });
  const age = new Gauge({
    name: 'beckon_stream_age_seconds',
    help: 'How long the oldest event of the last step had waited',
    registers,
  });
  const followers = new CellCounter(
    registry,
    'beckon_stream_followers_total',
    'Followers of the stream, by what became of them',
  );
  const ways = { came: followers.cell({ how: 'came' }), left: followers.cell({ how: 'left' }) };
  const cut = { slow: followers.cell({ how: 'slow' }), expired: followers.cell({ how: 'expired' }) };
  const hows = { ...ways, ...cut };
  const fired = new CellCounter(registry, 'beckon_triggers_fired_total', 'Triggers that fired, by name');
  const names = new Map<string, CounterCell>();
  const late = new CellHistogram(
    registry,
    'beckon_trigger_late_seconds',
    'How long after its crossing a trigger fired',
    LATE_BOUNDS,
  ).cell();
  on<MeasuredFiring>(measures.firing, ({ name, lateMs }) => {
    const cell = names.get(name) ?? fired.cell({ name });
    names.set(name, cell);
    cell.value++;
    late.observe(lateMs / 1000);
  });
  on<MeasuredStream>(measures.stream, (step) => {
    rescored.value += step.rescored;
    emitted.value += step.emitted;
    seconds.observe(step.durationMs / 1000);
    waiting.set(step.waitingEvents);
    age.set(step.ageMs / 1000);
  });
  on<MeasuredFollower>(measures.follower, ({ how }) => {
    hows[how].value++;
  });
};

const listenToCheckpoints = (registry: Registry, on: Listen): void => {
  const total = new CellCounter(registry, 'beckon_checkpoints_total', 'Checkpoints by what became of them');
  const made = total.cell({ result: 'made' });
  const failed = total.cell({ result: 'failed' });
  const bytes = new CellCounter(registry, 'beckon_checkpoint_bytes_total', 'Bytes of checkpoints').cell();
  const seconds = new CellHistogram(registry, 'beckon_checkpoint_seconds', 'Time of a checkpoint', LONG_BOUNDS).cell();
  const held = new CellHistogram(
    registry,
    'beckon_checkpoint_held_seconds',
    'How long nothing was committed for the mark of a checkpoint',
    COMMIT_BOUNDS,
  ).cell();
  on<MeasuredCheckpoint>(measures.checkpoint, (checkpoint) => {
    if (checkpoint.records < 0) {
      failed.value++;
      return;
    }
    made.value++;
    bytes.value += checkpoint.bytes;
    seconds.observe(checkpoint.durationMs / 1000);
    held.observe(checkpoint.heldMs / 1000);
  });
};

const listenToInference = (registry: Registry, on: Listen): void => {
  const seconds = new CellHistogram(registry, 'beckon_inference_run_seconds', 'Time of an ONNX run', REQUEST_BOUNDS);
  const rows = new CellHistogram(registry, 'beckon_inference_run_rows', 'Rows of an ONNX run', ROW_BOUNDS);
  const failed = new CellCounter(registry, 'beckon_inference_failed_rows_total', 'Rows that a model failed on');
  const heads = new Map<string, { seconds: HistogramCell; rows: HistogramCell; failed: CounterCell }>();
  type Run = { head: string; rows: number; failedRows: number; durationMs: number };
  on<Run>(measures.inferenceRun, (run) => {
    let cells = heads.get(run.head);
    if (cells === undefined) {
      const labels = { head: run.head };
      cells = { seconds: seconds.cell(labels), rows: rows.cell(labels), failed: failed.cell(labels) };
      heads.set(run.head, cells);
    }
    cells.seconds.observe(run.durationMs / 1000);
    cells.rows.observe(run.rows);
    cells.failed.value += run.failedRows;
  });
};
