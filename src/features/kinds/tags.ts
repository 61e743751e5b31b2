import Type from 'typebox';
import type { FeatureSpec, Kind, PlanBuilder } from '../kind.ts';
import { oneByOne, reading } from '../reading.ts';
import { compileSelector } from '../selector.ts';
import { BITS } from './count.ts';

interface TagsSpec extends FeatureSpec {
  readonly tag?: string;
  readonly except?: readonly string[];
}

/** 1 January 2000: seconds from there and a bit fit into a word until 2068. Earlier times count as that day. */
const BEGIN_SEC = 946_684_800;
/** The low bits of the tie give way to how many tags a list has; no list has more. */
const COUNT_MASK = 0xff;

const SELECTOR = compileSelector({ event: 'profile.updated' });

const listOf = (value: unknown): readonly unknown[] | undefined => (Array.isArray(value) ? value : undefined);

/** What an event says of a tag: the list of all tags, then what was added, then what was removed. */
const toldOf = (tag: string, data: Readonly<Record<string, unknown>>): boolean | undefined => {
  if (listOf(data.tagsRemoved)?.includes(tag)) return false;
  if (listOf(data.tagsAdded)?.includes(tag)) return true;
  return listOf((data.attributes as Readonly<Record<string, unknown>> | undefined)?.tags)?.includes(tag);
};

/** A declared tag: its last change and, lowest, whether it is on. Within a second on wins. */
const tagCell = (tag: string, plan: PlanBuilder): number =>
  plan.cell(`tag ${tag}`, 1, (at) => ({
    selector: SELECTOR,
    apply({ u32, base }, { sec, data }) {
      const isOn = toldOf(tag, data);
      if (isOn === undefined) return;
      u32[base + at] = Math.max(u32[base + at], (Math.max(0, sec - BEGIN_SEC) + 1) * 2 + Number(isOn));
    },
    merge(into, from) {
      into.u32[into.base + at] = Math.max(into.u32[into.base + at], from.u32[from.base + at]);
    },
  }));

/**
 * Tags that are not declared: how many the latest list has (2 words, second and tie with the number), and how many were
 * ever added less removed by name (1 word).
 */
const othersCell = (declared: readonly string[], plan: PlanBuilder): number => {
  const known = new Set<unknown>(declared);
  const others = (value: unknown): number => new Set((listOf(value) ?? []).filter((tag) => !known.has(tag))).size;
  const put = (u32: Uint32Array, at: number, sec: number, tie: number): void => {
    if (sec < u32[at] || (sec === u32[at] && tie <= u32[at + 1])) return;
    u32[at] = sec;
    u32[at + 1] = tie;
  };
  return plan.cell(`tags except ${JSON.stringify([...declared].sort())}`, 3, (at) => ({
    selector: SELECTOR,
    apply({ u32, base }, { sec, tie, data }) {
      const { tags } = data.attributes as Readonly<Record<string, unknown>>;
      if (Array.isArray(tags))
        put(u32, base + at, sec, ((tie & ~COUNT_MASK) | Math.min(COUNT_MASK, others(tags))) >>> 0);
      u32[base + at + 2] += others(data.tagsAdded) - others(data.tagsRemoved);
    },
    merge(into, from) {
      put(into.u32, into.base + at, from.u32[from.base + at], from.u32[from.base + at + 1]);
      into.u32[into.base + at + 2] += from.u32[from.base + at + 2];
    },
  }));
};

/**
 * Tags of the profile (`attributes.tags` is the whole list, `tagsAdded` and `tagsRemoved` change it): 1 where the customer has
 * the `tag`; with `except` how many other tags, the latest list's and those added less removed by name, at least 0.
 */
export const tags: Kind = {
  name: 'tags',
  schema: Type.Object({
    tag: Type.Optional(Type.String({ minLength: 1 })),
    except: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: 64 })),
  }),
  selects: false,
  exact: true,
  problem(spec) {
    const { tag, except } = spec as TagsSpec;
    return (tag === undefined) === (except === undefined) ? 'takes `tag` or `except`, one of them' : undefined;
  },
  compile(spec, plan) {
    const { tag, except = [] } = spec as TagsSpec;
    if (tag !== undefined) return reading(BITS, { offset: tagCell(tag, plan), shift: 0, mask: 1 });
    const offset = othersCell(except, plan);
    return oneByOne(({ u32, base }) =>
      Math.max(0, (u32[base + offset + 1] & COUNT_MASK) + (u32[base + offset + 2] | 0)),
    );
  },
};
