import { exp, log, sigmoid, tanh } from './math.ts';
import { type Code, doWhile, f32x4, i32, type Local, type MemoryImage, RowsFunction, v128 } from './wasm.ts';

/** Where the rows of a tensor stand, one after the other. */
export interface Area {
  readonly at: number;
  readonly strideBytes: number;
  readonly width: number;
}

/**
 * One column of a tensor `[N, C]`: what each row has there. Columns are picked, put side by side and computed with while
 * a plan is built; rows see only what must be stored.
 */
export type Column =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'stored'; readonly area: Area; readonly column: number }
  | { readonly kind: 'computed'; readonly op: ColumnOp; readonly of: readonly Column[] };

export type ColumnOp = keyof typeof OPS;

type Emit = (f: RowsFunction, memory: MemoryImage, a: Code, b: Code) => Code;

const OPS = {
  add: (_f, _m, a, b) => f32x4.add(a, b),
  sub: (_f, _m, a, b) => f32x4.sub(a, b),
  mul: (_f, _m, a, b) => f32x4.mul(a, b),
  div: (_f, _m, a, b) => f32x4.div(a, b),
  max: (_f, _m, a, b) => f32x4.max(a, b),
  min: (_f, _m, a, b) => f32x4.min(a, b),
  /** With a second operand that is never NaN. */
  atLeast: (_f, _m, a, b) => f32x4.pmax(a, b),
  atMost: (_f, _m, a, b) => f32x4.pmin(a, b),
  neg: (_f, _m, a) => f32x4.neg(a),
  abs: (_f, _m, a) => f32x4.abs(a),
  sqrt: (_f, _m, a) => f32x4.sqrt(a),
  exp,
  log,
  sigmoid,
  tanh,
} satisfies Record<string, Emit>;

const LANES = 4;
const FLOAT_BYTES = 4;

/** @param lanes of how many columns rows are written at once; a row begins and ends with such a group. */
export const makeArea = (memory: MemoryImage, width: number, rowsMax: number, lanes = LANES): Area => {
  const strideBytes = Math.ceil(width / lanes) * lanes * FLOAT_BYTES;
  return { at: memory.reserve(rowsMax * strideBytes), strideBytes, width };
};

export const columnsOf = (area: Area): Column[] =>
  Array.from({ length: area.width }, (_, column) => ({ kind: 'stored', area, column }));

/** Address of the first where all of them stand side by side in one area, else undefined. */
export const sideBySide = (columns: readonly Column[]): { area: Area; at: number } | undefined => {
  const [first] = columns;
  if (first?.kind !== 'stored') return undefined;
  const { area, column } = first;
  const together = columns.every((it, i) => it.kind === 'stored' && it.area === area && it.column === column + i);
  return together ? { area, at: area.at + column * FLOAT_BYTES } : undefined;
};

/** The step that computes columns for all rows and stores them as an area. */
export const storeColumns = (memory: MemoryImage, columns: readonly Column[], into: Area): RowsFunction => {
  const f = new RowsFunction();
  const pointers = new Map<Area, Local>();
  const pointer = (area: Area): Code => {
    const known = pointers.get(area) ?? f.local('i32');
    pointers.set(area, known);
    return known.get;
  };
  const vector = (lanes: readonly Column[]): Code => {
    const [first] = lanes;
    if (first.kind === 'constant') {
      const [a, b = a, c = a, d = a] = lanes.map((lane) => (lane as typeof first).value);
      return memory.vector(a, b, c, d);
    }
    if (first.kind === 'computed') {
      const [a, b] = first.of.map((_, i) => vector(lanes.map((lane) => (lane as typeof first).of[i])));
      return (OPS[first.op] as Emit)(f, memory, a, b);
    }
    const near = sideBySide(lanes);
    // What is read past the last lane is computed with in vain, and not stored.
    if (near !== undefined) return v128.load(pointer(near.area), near.at);
    const places = lanes.map((lane) => {
      const { area, column } = lane as typeof first;
      return { of: pointer(area), at: area.at + column * FLOAT_BYTES };
    });
    return places.reduce<Code>(
      (vector, { of, at }, lane) => (lane === 0 ? v128.load32(of, at) : v128.loadLane(of, at, vector, lane)),
      [],
    );
  };
  const target = pointer(into);
  const value = f.local('v128');
  const body = groups(columns).map(({ from, lanes }): Code => {
    const at = into.at + from * FLOAT_BYTES;
    if (lanes.length === LANES) return v128.store(target, at, vector(lanes));
    return [
      value.set(vector(lanes)),
      lanes.map((_, lane) => v128.storeLane(target, at + lane * FLOAT_BYTES, value.get, lane)),
    ];
  });
  f.emit(
    doWhile(
      [body, [...pointers].map(([{ strideBytes }, at]) => at.set(i32.add(at.get, i32.const(strideBytes))))],
      f.rows.tee(i32.sub(f.rows.get, i32.const(1))),
    ),
  );
  return f;
};

/** Neighbours that are computed alike, at most four together. */
const groups = (columns: readonly Column[]): { from: number; lanes: readonly Column[] }[] => {
  const shapes = columns.map(shapeOf);
  const found: { from: number; lanes: Column[] }[] = [];
  for (const [from, column] of columns.entries()) {
    const last = found.at(-1);
    if (last !== undefined && last.lanes.length < LANES && shapes[last.from] === shapes[from]) last.lanes.push(column);
    else found.push({ from, lanes: [column] });
  }
  return found;
};

const shapeOf = (column: Column): string =>
  column.kind === 'computed' ? `${column.op}(${column.of.map(shapeOf).join()})` : column.kind;
