import type { Area } from './columns.ts';
import type { TreeNode, Trees } from './trees.ts';
import {
  type Code,
  doWhile,
  f32x4,
  i8x16,
  i32,
  type Local,
  type MemoryImage,
  RowsFunction,
  v128,
  when,
} from './wasm.ts';

/** Rows that go through all trees together: a byte of a vector for each. */
export const BLOCK_ROWS = 16;
/** A block costs what so many rows cost that go down one by one, however few of its rows there are. */
const BLOCK_ROWS_MIN = 6;

/** Every node is code and asks for every row: where there are more, going down is faster. */
const NODES_MAX = 4096;
const LEAVES_MAX = 64;

const LANES = 4;
const FLOAT_BYTES = 4;
const VECTOR_BYTES = 16;
const VECTORS = BLOCK_ROWS / LANES;
/** Comparisons of one turn of the loop. */
const UNROLLED = 4;
/** Leaves among which one instruction finds a byte. */
const TABLE_LEAVES = 16;

type Branch = Extract<TreeNode, { readonly threshold: number }>;

/** Whether trees are small enough for {@link sumTreesOfBlocks}. */
export const areForBlocks = ({ trees }: Trees): boolean =>
  trees.reduce((sum, nodes) => sum + nodes.length, 0) <= NODES_MAX &&
  trees.every((nodes) => (nodes.length + 1) / 2 <= LEAVES_MAX);

/** How many rows go in blocks, the last of which need not be full. The others, if any, are too few to be worth one. */
export const rowsOfBlocks = (rows: Code): Code =>
  i32.and(i32.add(rows, i32.const(BLOCK_ROWS - BLOCK_ROWS_MIN)), i32.const(-BLOCK_ROWS));

/**
 * As `sumTrees`, with the same bits, for the {@link rowsOfBlocks}. Nobody goes down a tree: each node is asked once for all
 * rows of a block.
 *
 * 1. Each comparison gives a mask, with a byte for each row, that says where it is true. Trees that compare alike share it.
 * 2. The leaves of a tree are numbered so that they are lower where a comparison is true. Then the leaf of a row is, from the
 *    leaves upwards, `max(leaf where true, leaf where false and not mask)`.
 * 3. What leaves add to a target is found byte by byte in a table, put together and added in the order of the trees.
 * @param from as many rows as there are in whole blocks; likewise `to`
 */
export const sumTreesOfBlocks = (memory: MemoryImage, from: Area, ensemble: Trees, to: Area): RowsFunction => {
  const f = new RowsFunction();
  const [blocks, row, output] = Array.from({ length: 3 }, () => f.local('i32'));
  const masks = new Masks(f, memory, ensemble);
  const leaf = f.local('v128');
  const leaves = ensemble.trees.map((nodes) => leafOf(memory, nodes, masks));
  const sums = Array.from({ length: ensemble.targets }, (_, target) => new TargetSums(f, memory, ensemble, target));
  f.emit(
    blocks.set(rowsOfBlocks(f.rows.get)),
    when(
      blocks.get,
      doWhile(
        [
          masks.fill(row.get, from),
          leaves.map((code, tree) => [leaf.set(code), sums.map((sum) => sum.keepLeaf(tree, leaf.get))]),
          sums.map((sum, target) => sum.store(output.get, to, target)),
          row.set(i32.add(row.get, i32.const(BLOCK_ROWS * from.strideBytes))),
          output.set(i32.add(output.get, i32.const(BLOCK_ROWS * to.strideBytes))),
        ],
        blocks.tee(i32.sub(blocks.get, i32.const(BLOCK_ROWS))),
      ),
    ),
  );
  return f;
};

/** The numbers of the leaves to which the rows of a block come. */
const leafOf = (memory: MemoryImage, nodes: readonly TreeNode[], masks: Masks): Code => {
  let leaves = 0;
  /** Nothing where it is leaf 0, which is less than any other. */
  const visit = (at: number): Code | undefined => {
    const node = nodes[at];
    if ('weights' in node) return leaves++ === 0 ? undefined : memory.splatByte(leaves - 1);
    const isTrue = visit(node.isTrue);
    const beyond = v128.andNot(visit(node.isFalse) as Code, masks.of(node));
    return isTrue === undefined ? beyond : i8x16.maxU(isTrue, beyond);
  };
  return visit(0) ?? memory.splatByte(0);
};

/** In the order in which {@link leafOf} numbers them. */
const weightsOf = (nodes: readonly TreeNode[], at = 0): (readonly number[])[] => {
  const node = nodes[at];
  return 'weights' in node ? [node.weights] : [...weightsOf(nodes, node.isTrue), ...weightsOf(nodes, node.isFalse)];
};

/** Those that ask for one column, and go one way where it is NaN. */
interface Comparisons {
  readonly column: number;
  readonly isNanTrue: boolean;
  /** Of {@link UNROLLED} comparisons each. */
  readonly turns: number;
  /** Where the mask of each threshold is. */
  readonly places: ReadonlyMap<number, number>;
  /** Where the first is. */
  readonly at: number;
}

const keyOf = ({ column, isNanTrue }: Branch): string => `${column} ${isNanTrue}`;

/** The comparisons of all trees. */
class Masks {
  readonly #f: RowsFunction;
  readonly #memory: MemoryImage;
  readonly #comparison: Trees['comparison'];
  readonly #columns = new Map<string, Comparisons>();

  constructor(f: RowsFunction, memory: MemoryImage, { comparison, trees }: Trees) {
    this.#f = f;
    this.#memory = memory;
    this.#comparison = comparison;
    const branches = trees.flat().flatMap((node) => ('weights' in node ? [] : [node]));
    const byColumn = Map.groupBy(branches, keyOf);
    for (const [key, nodes] of byColumn) {
      const [{ column, isNanTrue }] = nodes;
      const thresholds = [...new Set(nodes.map(({ threshold }) => threshold))];
      const turns = Math.ceil(thresholds.length / UNROLLED);
      const at = memory.reserve(turns * UNROLLED * VECTOR_BYTES);
      const places = new Map(thresholds.map((threshold, i) => [threshold, at + i * VECTOR_BYTES]));
      this.#columns.set(key, { column, isNanTrue, turns, places, at });
    }
  }

  /** The mask of a node, once {@link fill} has run. */
  of(node: Branch): Code {
    return v128.load(i32.const(0), this.#columns.get(keyOf(node))!.places.get(node.threshold)!);
  }

  fill(row: Code, from: Area): Code {
    const f = this.#f;
    const [threshold, mask] = [f.local('i32'), f.local('i32')];
    const numbers = Array.from({ length: VECTORS }, () => f.local('v128'));
    const [limit, isNan] = [f.local('v128'), f.local('v128')];
    /** Four masks of numbers as one of bytes. */
    const together = (ask: (x: Code) => Code): Code => {
      const [a, b, c, d] = numbers.map((x) => ask(x.get));
      return i8x16.narrow(i8x16.narrowNumbers(a, b), i8x16.narrowNumbers(c, d));
    };
    return [...this.#columns.values()].map(({ column, isNanTrue, turns, places, at }): Code => {
      const thresholds = new Float32Array(turns * UNROLLED);
      thresholds.set([...places.keys()]);
      const first = this.#memory.put(thresholds);
      const ask = together((x) => f32x4[this.#comparison](x, limit.get));
      return [
        numbers.map((x, vector) => x.set(gathered(row, from, column, vector))),
        isNanTrue ? isNan.set(together((x) => f32x4.ne(x, x))) : [],
        threshold.set(i32.const(first)),
        mask.set(i32.const(at)),
        doWhile(
          [
            Array.from({ length: UNROLLED }, (_, i) => [
              limit.set(v128.loadSplat(threshold.get, i * FLOAT_BYTES)),
              v128.store(mask.get, i * VECTOR_BYTES, isNanTrue ? v128.or(ask, isNan.get) : ask),
            ]),
            threshold.set(i32.add(threshold.get, i32.const(UNROLLED * FLOAT_BYTES))),
            mask.set(i32.add(mask.get, i32.const(UNROLLED * VECTOR_BYTES))),
          ],
          i32.lessThan(mask.get, i32.const(at + turns * UNROLLED * VECTOR_BYTES)),
        ),
      ];
    });
  }
}

/** What trees add to one target. */
class TargetSums {
  readonly #f: RowsFunction;
  readonly #memory: MemoryImage;
  /** Those that add anything, by their place among all. */
  readonly #trees: readonly number[];
  /** A vector of leaves for each of them. */
  readonly #leavesAt: number;
  readonly #tablesAt: number;
  /** How many tables of {@link TABLE_LEAVES} a tree has for each byte. */
  readonly #tables: number;

  constructor(f: RowsFunction, memory: MemoryImage, { trees }: Trees, target: number) {
    const adding = trees.flatMap((nodes, tree) => {
      const weights = weightsOf(nodes).map((of) => of[target]);
      // Sums are never -0, so a 0 less changes no bit.
      return weights.some((weight) => weight !== 0) ? [{ tree, weights }] : [];
    });
    this.#f = f;
    this.#memory = memory;
    this.#trees = adding.map(({ tree }) => tree);
    this.#leavesAt = memory.reserve(adding.length * VECTOR_BYTES);
    this.#tables = Math.max(1, ...adding.map(({ weights }) => Math.ceil(weights.length / TABLE_LEAVES)));
    this.#tablesAt = memory.put(Buffer.concat(adding.map(({ weights }) => this.#tablesOf(weights))));
  }

  /** Keeps to which leaves of a tree the rows have come. */
  keepLeaf(tree: number, leaf: Code): Code {
    const place = this.#trees.indexOf(tree);
    return place < 0 ? [] : v128.store(i32.const(0), this.#leavesAt + place * VECTOR_BYTES, leaf);
  }

  /** Adds up, and stores the sums as a column. */
  store(output: Code, to: Area, column: number): Code {
    const [leaves, table] = ['leaves', 'table'].map((name) => this.#f.scratch(name, 'i32'));
    const sums = Array.from({ length: VECTORS }, (_, i) => this.#f.scratch(`sum${i}`));
    const end = this.#leavesAt + this.#trees.length * VECTOR_BYTES;
    return [
      sums.map((sum) => sum.set(this.#memory.splat(0))),
      leaves.set(i32.const(this.#leavesAt)),
      table.set(i32.const(this.#tablesAt)),
      this.#trees.length === 0
        ? []
        : doWhile(
            [
              this.#add(leaves, table, sums),
              leaves.set(i32.add(leaves.get, i32.const(VECTOR_BYTES))),
              table.set(i32.add(table.get, i32.const(this.#tables * FLOAT_BYTES * VECTOR_BYTES))),
            ],
            i32.lessThan(leaves.get, i32.const(end)),
          ),
      sums.map((sum, vector) => scattered(output, to, column, vector, sum.get)),
    ];
  }

  #add(leaves: Local, table: Local, sums: readonly Local[]): Code {
    const [leaf, ...bytes] = ['leaf', 'byte0', 'byte1', 'byte2', 'byte3'].map((name) => this.#f.scratch(name));
    const [low, high] = [this.#f.scratch('low'), this.#f.scratch('high')];
    const found = (byte: number): Code =>
      Array.from({ length: this.#tables }, (_, i): Code => {
        // In all tables but its own a leaf has a place past the end, which gives 0.
        const place = i === 0 ? leaf.get : i8x16.sub(leaf.get, this.#memory.splatByte(i * TABLE_LEAVES));
        return i8x16.swizzle(v128.load(table.get, (i * FLOAT_BYTES + byte) * VECTOR_BYTES), place);
      }).reduce((a, b) => v128.or(a, b));
    const [a, b, c, d] = sums;
    const add = (sum: Local, number: Code): Code => sum.set(f32x4.add(sum.get, number));
    return [
      leaf.set(v128.load(leaves.get)),
      bytes.map((it, byte) => it.set(found(byte))),
      low.set(i8x16.lowBytes(bytes[0].get, bytes[1].get)),
      high.set(i8x16.lowBytes(bytes[2].get, bytes[3].get)),
      add(a, i8x16.lowPairs(low.get, high.get)),
      add(b, i8x16.highPairs(low.get, high.get)),
      low.set(i8x16.highBytes(bytes[0].get, bytes[1].get)),
      high.set(i8x16.highBytes(bytes[2].get, bytes[3].get)),
      add(c, i8x16.lowPairs(low.get, high.get)),
      add(d, i8x16.highPairs(low.get, high.get)),
    ];
  }

  /** The lowest byte of each weight, then the next, 16 weights at a time. */
  #tablesOf(weights: readonly number[]): Uint8Array {
    const bytes = new Uint8Array(this.#tables * FLOAT_BYTES * VECTOR_BYTES);
    const number = new DataView(new ArrayBuffer(FLOAT_BYTES));
    for (const [leaf, weight] of weights.entries()) {
      number.setFloat32(0, weight, true);
      const at = Math.floor(leaf / TABLE_LEAVES) * FLOAT_BYTES * VECTOR_BYTES + (leaf % TABLE_LEAVES);
      for (let byte = 0; byte < FLOAT_BYTES; byte++) bytes[at + byte * VECTOR_BYTES] = number.getUint8(byte);
    }
    return bytes;
  }
}

const placeOf = (area: Area, column: number, vector: number, lane: number): number =>
  area.at + (vector * LANES + lane) * area.strideBytes + column * FLOAT_BYTES;

/** A column of four rows of a block. */
const gathered = (row: Code, from: Area, column: number, vector: number): Code =>
  [1, 2, 3].reduce<Code>(
    (numbers, lane) => v128.loadLane(row, placeOf(from, column, vector, lane), numbers, lane),
    v128.load32(row, placeOf(from, column, vector, 0)),
  );

const scattered = (row: Code, to: Area, column: number, vector: number, numbers: Code): Code =>
  [0, 1, 2, 3].map((lane) => v128.storeLane(row, placeOf(to, column, vector, lane), numbers, lane));
