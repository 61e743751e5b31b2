import type { Item, ItemLookup, Items } from './items.ts';
import type { FeatureSpec } from './kind.ts';

/** An item as it is from a log offset on. */
interface ItemVersion {
  readonly offset: number;
  readonly item: Item;
}

/** {@link ItemChanges} as plain data, for another thread. */
export type ToldItems = readonly (readonly [sku: string, versions: readonly ItemVersion[]])[];

/**
 * What `item.changed` events have told of items, in the order of the log: part of the fold, beside the rows. Only changes of
 * what features look at are kept; all of them, because who folds some events again must find the items as they were.
 */
export class ItemChanges {
  private readonly declared: Items;
  private readonly asked: ReadonlySet<string>;
  private readonly versions: Map<string, ItemVersion[]>;

  /**
   * @param declared what items are before any event tells of them
   * @param asked names that features look at
   * @param told by an earlier fold of the same log
   */
  constructor(declared: Items, asked: ReadonlySet<string>, told: ToldItems = []) {
    this.declared = declared;
    this.asked = asked;
    this.versions = new Map(told.map(([sku, versions]) => [sku, [...versions]]));
  }

  /** Where nothing was ever told, nobody has to ask. */
  get isEmpty(): boolean {
    return this.versions.size === 0;
  }

  get told(): ToldItems {
    return [...this.versions];
  }

  /** Goes on where another fold of the same log was. */
  resume(told: ToldItems): void {
    for (const [sku, versions] of told) this.versions.set(sku, [...versions]);
  }

  /** @param data of the `item.changed` at an offset after all told before: what it does not name stays, null unsets */
  add(data: Readonly<Record<string, unknown>>, offset: number): void {
    const sku = data.sku as string;
    const before = this.at(sku, offset) ?? NOTHING;
    const item: Record<string, Item[string]> = { ...before };
    let isChanged = false;
    for (const [name, value] of toldFacts(data)) {
      if (!this.asked.has(name) || value === before[name]) continue;
      isChanged = true;
      if (value === null) delete item[name];
      else item[name] = value;
    }
    if (!isChanged) return;
    const versions = this.versions.get(sku);
    if (versions === undefined) this.versions.set(sku, [{ offset, item }]);
    else versions.push({ offset, item });
  }

  /** The item that an event at an offset of the log meets. */
  at(sku: string, offset: number): Item | undefined {
    const versions = this.versions.get(sku);
    if (versions !== undefined)
      for (let i = versions.length - 1; i >= 0; i--) if (versions[i].offset < offset) return versions[i].item;
    return this.declared.get(sku);
  }
}

const NOTHING: Item = {};
/** Fields of `item.changed` beside its attributes. */
const OWN: readonly string[] = ['category', 'supplyDays', 'margin', 'signature'];

/** Something that an event tells of an item; null unsets it. */
export type ToldFact = readonly [name: string, value: Item[string] | null];

/** What the data of an `item.changed` tell. */
export const toldFacts = ({ sku, attributes, ...own }: Readonly<Record<string, unknown>>): ToldFact[] =>
  [...Object.entries(attributes ?? {}), ...Object.entries(own)].filter(
    // Named among the attributes it would be another one's.
    ([name]) => OWN.includes(name) === Object.hasOwn(own, name),
  );

/**
 * Where kinds look items up while an event is applied. A plan has one, and whoever applies an event says whose changes hold:
 * several folds may go by one plan.
 */
export class ItemsAtEvent implements ItemLookup {
  private readonly declared: Items;
  private changes: ItemChanges | undefined;
  private offset = 0;
  /** What was last asked for: features ask for one item one after the other. */
  private sku: string | undefined;
  private item: Item | undefined;

  constructor(declared: Items) {
    this.declared = declared;
  }

  /** @param offset of the event that is applied next */
  see(changes: ItemChanges, offset: number): void {
    this.changes = changes.isEmpty ? undefined : changes;
    this.offset = offset;
    this.sku = undefined;
    this.item = undefined;
  }

  get(sku: string): Item | undefined {
    if (sku !== this.sku) {
      this.item = this.changes === undefined ? this.declared.get(sku) : this.changes.at(sku, this.offset);
      this.sku = sku;
    }
    return this.item;
  }
}

/** Kinds that look items up beside the fields that they name. */
const LOOK_UP: readonly string[] = ['runOut', 'affinity'];

/** What features ask of items: `item.<name>` in any of their fields. */
export const askedOfItems = (specs: readonly FeatureSpec[]): Set<string> => {
  const paths = JSON.stringify(specs).matchAll(/"(?:lines\.)?item\.([^"]+)"/g);
  const asked = new Set([...paths].map(([, name]) => name));
  if (specs.some(({ kind }) => LOOK_UP.includes(kind))) asked.add('category').add('supplyDays');
  return asked;
};
