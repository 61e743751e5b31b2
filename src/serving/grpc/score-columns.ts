import { formatTime, wallClock } from '../../base/clock.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Columns, ColumnsAsked } from '../../decisions/column-scorer.ts';
import { modelsOf } from '../../decisions/head-outputs.ts';
import type { ServingParts } from '../parts.ts';
import { ofQuestion } from '../score-question.ts';
import type { Done } from './call.ts';
import { writeTexts } from './decision-writer.ts';
import { MessageWriter } from './message-writer.ts';

/** An answer with its prefix, in memory that is used again. */
export interface Framed {
  readonly frame: Buffer;
  /** To be called when the frame has left. */
  readonly left: () => void;
}

/** What an answer is made in. Fresh memory for each would lie outside of V8's heap, and make it mark all of that again and again. */
class Room {
  readonly writer = new MessageWriter();
  private numbers = new Float32Array(0);

  /** @returns so many numbers, all NaN */
  values(count: number): Float32Array {
    if (this.numbers.length < count) this.numbers = new Float32Array(count);
    return this.numbers.subarray(0, count).fill(Number.NaN);
  }
}

/** Of answers that have left; more at a time than are kept are made anew. */
const spare: Room[] = [];
const SPARE_MAX = 4;

/** Of 16 bits: the last number but one is the greatest value, the last one stands for none. */
const STEPS = 65_534;
const NONE = 65_535;
const BITS = 8;

/** Answers a batch by columns, as a `ScoreBatchResponse`. @param isShort whether 16 bits a number are enough */
export const answerColumns = (asked: ColumnsAsked, isShort: boolean, parts: ServingParts, done: Done<Framed>): void => {
  const problem = parts.decider.problemOf({ ...asked, customerId: '' });
  if (problem !== undefined) throw problem;
  const state = { offset: parts.status.appliedOffset, lagMs: parts.status.lagMs(wallClock.nowMs()) };
  const { outputs } = parts.columns;
  const models = modelsOf(parts.registry.live());
  const room = spare.pop() ?? new Room();
  const left = (): void => {
    if (spare.length < SPARE_MAX) spare.push(room);
  };
  const answer = (columns: Columns): void => {
    const { writer } = room;
    const message = writer.beginFrame();
    const whole = writer.open(0x12);
    writer.whole(0x08, columns.rows);
    writer.raw(0x12, bitsOf(columns.known));
    writeColumns(writer, columns, outputs, isShort);
    writeTexts(writer, 0x22, models);
    writer.text(0x2a, formatTime(asked.atMs ?? asked.nowMs));
    const asOf = writer.open(0x32);
    writer.whole(0x08, state.offset);
    writer.whole(0x10, state.lagMs);
    writer.close(asOf);
    writer.close(whole);
    writer.endFrame(message);
    done(undefined, { frame: writer.peek(), left });
  };
  const rows = asked.customers.bounds.length / 2;
  if (isForPool(rows, parts)) {
    parts.pool.score(asked, outputs.names.length, answer).catch(done);
    return;
  }
  const columns = { rows, values: room.values(rows * outputs.names.length), known: new Uint8Array(rows) };
  parts.columns.score(asked, columns, 0, (error, index) => {
    if (error === undefined) answer(columns);
    else done(index < 0 ? error : ofQuestion(error, index));
  });
};

/** A hop to another thread and back, with what changes hands, takes 0.3 ms; scoring 1,000 customers takes 2. */
const isForPool = (rows: number, { columns }: ServingParts): boolean =>
  rows > LIMITS.inlineColumnsCustomersMax || columns.waitingCustomers + rows > LIMITS.inlineColumnsWaitingMax;

const bitsOf = (flags: Uint8Array): Uint8Array => {
  const bits = new Uint8Array(Math.ceil(flags.length / BITS));
  for (let i = 0; i < flags.length; i++) bits[i >> 3] |= flags[i] << (i & 7);
  return bits;
};

const writeColumns = (
  writer: MessageWriter,
  { values, rows }: Columns,
  { names, headOf }: { readonly names: readonly string[]; readonly headOf: readonly string[] },
  isShort: boolean,
): void => {
  for (let place = 0; place < names.length; place++) {
    const column = writer.open(0x1a);
    writer.text(0x0a, headOf[place]);
    writer.text(0x12, names[place]);
    const scores = values.subarray(place * rows, (place + 1) * rows);
    if (isShort) writeShort(writer, scores);
    else writer.raw(0x1a, bytesOf(scores));
    writer.close(column);
  }
};

/** Between its least and its greatest number in equal steps. */
const writeShort = (writer: MessageWriter, scores: Float32Array): void => {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < scores.length; i++) {
    if (scores[i] < least) least = scores[i];
    if (scores[i] > most) most = scores[i];
  }
  const scale = most > least ? (most - least) / STEPS : 1;
  const numbers = new Uint16Array(scores.length);
  for (let i = 0; i < scores.length; i++) {
    const steps = (scores[i] - least) / scale + 0.5;
    numbers[i] = steps >= 0 ? steps : NONE;
  }
  writer.raw(0x22, bytesOf(numbers));
  writer.double(0x29, scale);
  writer.double(0x31, most >= least ? least : 0);
};

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Uint16Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
