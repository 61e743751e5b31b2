import type { Area } from './columns.ts';
import { type Code, doWhile, f32, f32x4, i32, type Local, type MemoryImage, RowsFunction, v128, when } from './wasm.ts';

/** A node that asks: children are indexes among the nodes of its tree. */
interface Branch {
  readonly column: number;
  readonly threshold: number;
  readonly isTrue: number;
  readonly isFalse: number;
  /** Whether NaN goes the way of true. */
  readonly isNanTrue: boolean;
}

/** A leaf is what it adds to each target. */
export type TreeNode = Branch | { readonly weights: readonly number[] };

/** How `x` is compared with the threshold in every node; false of NaN. */
export type Comparison = 'le' | 'lt' | 'ge' | 'gt';

export interface Trees {
  readonly comparison: Comparison;
  /** Each with its root first. */
  readonly trees: readonly (readonly TreeNode[])[];
  readonly targets: number;
}

const NODE_BYTES = 8;
const FLOAT_BYTES = 4;
const VECTOR_BYTES = 16;
const LANES = 4;
/** Trees that go down together: each waits for memory and comparison while the others go on. */
const TOGETHER = 4;

/** Columns and distances are kept in 16 bits. */
const FIELD_MAX = 0xffff;

/** A number of which the comparison is true, whatever the threshold. */
export const alwaysTrue = (comparison: Comparison): number =>
  comparison === 'le' || comparison === 'lt' ? -Infinity : Infinity;

/** Why these trees cannot be laid out, or undefined. @param columns of a row, with that of {@link alwaysTrue} */
export const treesProblem = ({ trees }: Trees, columns: number): string | undefined =>
  columns * FLOAT_BYTES > FIELD_MAX || trees.some((nodes) => nodes.length * NODE_BYTES > FIELD_MAX)
    ? 'its trees are too large'
    : undefined;

/**
 * The step that adds up what the leaves say, in the order of the trees.
 *
 *     node:  threshold f32 | column in bytes u16 | distance to the node for true, in bytes u16    false: the next one
 *     leaf:  where its weights are               | the column that is always true               | 0
 *
 * The lowest bit of the column is set where NaN goes the way of true; without such a node nobody looks at it.
 *
 * Going down has no branch that a processor could mispredict: a step adds the distance and, where the comparison is not
 * true, one node more; at a leaf it adds nothing, so shallow trees wait for the deepest of their group.
 * @param from rows whose last column is {@link alwaysTrue}
 * @param done how many rows, of so many, need nothing any more; it may be more than there are
 */
export const sumTrees = (
  memory: MemoryImage,
  from: Area,
  ensemble: Trees,
  to: Area,
  done?: (rows: Code) => Code,
): RowsFunction => {
  const { comparison, targets } = ensemble;
  const f = new RowsFunction();
  const leaves = new LeafTable(targets);
  const roots = packTrees(memory, ensemble, leaves, (from.width - 1) * FLOAT_BYTES);
  const leafTable = memory.put(leaves.numbers());
  const groups = memory.put(Uint32Array.from(roots.flatMap(({ addresses, steps }) => [...addresses, steps])));
  const groupBytes = (TOGETHER + 1) * FLOAT_BYTES;

  const [group, row, output, steps] = Array.from({ length: 4 }, () => f.local('i32'));
  const nodes = Array.from({ length: TOGETHER }, () => f.local('i32'));
  const vectors = Math.ceil(targets / LANES);
  const sums = Array.from({ length: vectors }, () => f.local('v128'));
  const x = f.local('f32');
  const knowsNan = ensemble.trees.some((nodes) => nodes.some((node) => 'isNanTrue' in node && node.isNanTrue));
  const isTrue = (node: Local): Code => {
    const field = i32.load16(node.get, 4);
    const threshold = f32.load(node.get);
    if (!knowsNan) return f32[comparison](f32.load(i32.add(row.get, field), from.at), threshold);
    return [
      x.set(f32.load(i32.add(row.get, i32.and(field, i32.const(~1))), from.at)),
      i32.or(f32[comparison](x.get, threshold), i32.and(f32.ne(x.get, x.get), field)),
    ];
  };
  const down = (node: Local): Code =>
    node.set(
      i32.add(i32.add(node.get, i32.load16(node.get, 6)), i32.shl(i32.eqz(isTrue(node)), Math.log2(NODE_BYTES))),
    );
  const add = (node: Local): Code => [
    node.set(i32.load(node.get)),
    sums.map((sum, i) => sum.set(f32x4.add(sum.get, leaves.load(node.get, leafTable, i)))),
  ];
  const rest = doWhile(
    [
      sums.map((sum) => sum.set(memory.splat(0))),
      group.set(i32.const(groups)),
      doWhile(
        [
          nodes.map((node, i) => node.set(i32.load(group.get, i * FLOAT_BYTES))),
          steps.set(i32.load(group.get, TOGETHER * FLOAT_BYTES)),
          doWhile(nodes.map(down), steps.tee(i32.sub(steps.get, i32.const(1)))),
          nodes.map(add),
          group.set(i32.add(group.get, i32.const(groupBytes))),
        ],
        i32.lessThan(group.get, i32.const(groups + roots.length * groupBytes)),
      ),
      sums.map((sum, i) => v128.store(output.get, to.at + i * VECTOR_BYTES, sum.get)),
      row.set(i32.add(row.get, i32.const(from.strideBytes))),
      output.set(i32.add(output.get, i32.const(to.strideBytes))),
    ],
    f.rows.tee(i32.sub(f.rows.get, i32.const(1))),
  );
  if (done === undefined) {
    f.emit(rest);
    return f;
  }
  const first = f.local('i32');
  f.emit(
    first.set(done(f.rows.get)),
    when(i32.lessThan(first.get, f.rows.get), [
      f.rows.set(i32.sub(f.rows.get, first.get)),
      row.set(i32.mul(first.get, i32.const(from.strideBytes))),
      output.set(i32.mul(first.get, i32.const(to.strideBytes))),
      rest,
    ]),
  );
  return f;
};

/** Weights of leaves: one or two numbers stand as such, more as whole vectors. */
class LeafTable {
  readonly #floats: number;
  readonly #all: number[] = [];

  constructor(targets: number) {
    this.#floats = targets <= 2 ? targets : Math.ceil(targets / LANES) * LANES;
  }

  /** @returns its offset in bytes. */
  add(weights: readonly number[]): number {
    const at = this.#all.length;
    this.#all.push(...weights, ...Array<number>(this.#floats - weights.length).fill(0));
    return at * FLOAT_BYTES;
  }

  numbers(): Float32Array {
    return Float32Array.from(this.#all);
  }

  load(leaf: Code, table: number, vector: number): Code {
    if (this.#floats > 2) return v128.load(leaf, table + vector * VECTOR_BYTES);
    return this.#floats === 2 ? v128.load64(leaf, table) : v128.load32(leaf, table);
  }
}

/** Puts the nodes so that siblings are neighbours. @returns the roots of each group, and how deep it is */
const packTrees = (
  memory: MemoryImage,
  { trees, targets }: Trees,
  leaves: LeafTable,
  alwaysTrueAt: number,
): { addresses: number[]; steps: number }[] => {
  const none: readonly TreeNode[] = [{ weights: Array<number>(targets).fill(0) }];
  const groups: { addresses: number[]; steps: number }[] = [];
  for (let tree = 0; tree < trees.length; tree += TOGETHER) {
    const packed = Array.from({ length: TOGETHER }, (_, i) => packTree(trees[tree + i] ?? none, leaves, alwaysTrueAt));
    groups.push({
      addresses: packed.map(({ bytes }) => memory.put(bytes)),
      steps: Math.max(1, ...packed.map(({ depth }) => depth)),
    });
  }
  return groups;
};

const packTree = (nodes: readonly TreeNode[], leaves: LeafTable, alwaysTrueAt: number) => {
  const bytes = new Uint8Array(nodes.length * NODE_BYTES);
  const view = new DataView(bytes.buffer);
  let depth = 0;
  let placed = 1;
  const waiting = [{ node: nodes[0], at: 0, level: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, at, level } = next;
    depth = Math.max(depth, level);
    const address = at * NODE_BYTES;
    if ('weights' in node) {
      view.setUint32(address, leaves.add(node.weights), true);
      view.setUint16(address + 4, alwaysTrueAt, true);
      continue;
    }
    view.setFloat32(address, node.threshold, true);
    view.setUint16(address + 4, node.column * FLOAT_BYTES + (node.isNanTrue ? 1 : 0), true);
    view.setUint16(address + 6, (placed - at) * NODE_BYTES, true);
    waiting.push({ node: nodes[node.isTrue], at: placed, level: level + 1 });
    waiting.push({ node: nodes[node.isFalse], at: placed + 1, level: level + 1 });
    placed += 2;
  }
  return { bytes, depth };
};
