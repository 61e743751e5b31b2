import type { ItemBoard } from '../features/item-board.ts';
import type { Item, Items } from '../features/items.ts';

/** Items as rules see them: what `items.yaml` declares, and over it what the log has told last. One a pack and thread. */
export class RuleItems {
  /** By place in `items.yaml`, from 1. */
  readonly list: (Item | undefined)[];
  private readonly declared: Items;
  private readonly places: ReadonlyMap<string, number>;
  private board: ItemBoard | undefined;

  constructor(declared: Items) {
    this.declared = declared;
    this.list = [undefined, ...[...declared].map(([sku, item]) => ruleItem(sku, item))];
    this.places = new Map([...declared.keys()].map((sku, i) => [sku, i + 1]));
  }

  /** From now on {@link refresh} takes over what stands there. */
  follow(board: ItemBoard): void {
    this.board = board;
  }

  /** Before rules are asked: takes over what the log has told by now. Costs a look at one word where that is nothing new. */
  refresh(): void {
    if (this.board?.hasNews) this.takeOver(this.board);
  }

  private takeOver(board: ItemBoard): void {
    for (const [sku, facts] of board.news()) {
      const place = this.places.get(sku);
      if (place === undefined) continue;
      const item: Record<string, Item[string]> = Object.assign(Object.create(null), this.declared.get(sku));
      for (const [name, value] of facts)
        if (value === null) delete item[name];
        else item[name] = value;
      this.list[place] = ruleItem(sku, item);
    }
  }
}

const ruleItem = (sku: string, item: Item): Item => Object.assign(Object.create(null), item, { sku });

/**
 * Names of what rules may ask of items: what `items.yaml` says of any, and what stands behind a dot or in quotes in a rule with
 * `item(…)`; none where no rule has that.
 * @param specs that hold rules
 */
export const askedByRules = (specs: unknown, items: Items): Set<string> => {
  const asked = new Set<string>();
  let isAsked = false;
  JSON.stringify(specs, (_, value) => {
    if (typeof value !== 'string' || !/\bitem\s*\(/.test(value)) return value;
    isAsked = true;
    for (const [, name] of value.matchAll(/[."']\s*([A-Za-z_]\w*)/g)) asked.add(name);
    return value;
  });
  if (isAsked) for (const item of items.values()) for (const name of Object.keys(item)) asked.add(name);
  return asked;
};
