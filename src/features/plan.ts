import { BeckonError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { didYouMean } from '../base/suggest.ts';
import { CATALOGUE } from '../events/catalogue.ts';
import { GroupKey } from './group-key.ts';
import type { GroupCell, GroupTablePlan } from './group-table-plan.ts';
import { askedOfItems, ItemsAtEvent } from './item-changes.ts';
import { type Items, itemAttribute, NO_ITEMS } from './items.ts';
import type { Cell, FeatureSpec, GroupPlace, PlanBuilder } from './kind.ts';
import { consentCell } from './kinds/consent.ts';
import { momentCell } from './kinds/moment.ts';
import type { Reading } from './reading.ts';
import { HEADER_WORDS, LINE_WORDS } from './row.ts';
import { compileSelector } from './selector.ts';
import { kindOf } from './spec.ts';
import { wantedFieldsOf } from './wanted-fields.ts';

/** A `features.yaml` compiled: where each word of a row stands, what each event changes, how each feature is read. */
export interface FeaturePlan {
  readonly features: readonly Feature[];
  /** Words of a row, header included. */
  readonly rowWords: number;
  /** Cells that an event type changes, by the type's code. */
  readonly cellsByType: readonly (readonly Cell[])[];
  readonly cells: readonly PlacedCell[];
  readonly groupsByType: readonly (readonly GroupUpdate[])[];
  /** Words of a row that an event type may read or change, by the type's code. */
  readonly spansByType: readonly Spans[];
  /** A word of each line of the cache that these stretches lie in, where rows begin with a line. */
  readonly linesByType: readonly Int32Array[];
  readonly groupTables: readonly GroupTablePlan[];
  /** What `items.yaml` says of each sku. */
  readonly declaredItems: Items;
  /** Where cells look items up. */
  readonly items: ItemsAtEvent;
  /** Names of what features ask of items. */
  readonly askedOfItems: ReadonlySet<string>;
  /** Names of what rules may ask of them. */
  readonly askedByRules: ReadonlySet<string>;
  /** By the position of a field's name: 0 for one that no feature reads. */
  readonly wantedFields: Uint8Array;
  /** First word of the consents, from the row's base. */
  readonly consentOffset: number;
  /** By trigger: the word with the second of the latest crossing that it has fired for, from the row's base; 0 for none. */
  readonly firedOffsets: readonly number[];
}

/** Stretches of a row: start and end (exclusive) of each, from the row's base, rising. The header is in the first. */
export type Spans = readonly number[];

export interface Feature {
  readonly spec: FeatureSpec;
  readonly reading: Reading;
  /** Keys of the cells of the row that it reads, each once; features share cells. */
  readonly cells: readonly string[];
  /** Positions of the features that it is made from; all are before it. */
  readonly inputs: readonly number[];
}

export interface PlacedCell {
  readonly key: string;
  readonly offset: number;
  readonly words: number;
  readonly cell: Cell;
}

export interface GroupUpdate {
  readonly table: GroupTablePlan;
  readonly position: number;
  readonly cell: GroupCell;
  readonly key: GroupKey;
}

export interface PlanOptions {
  /** Digits after the point of the pack's currency. */
  readonly minorDigits: number;
  /** Seconds east of UTC of the business. */
  readonly zoneOffsetSec: number;
  readonly items?: Items;
  /** Names of what rules may ask of them. */
  readonly askedByRules?: ReadonlySet<string>;
  /** Names of triggers, of each of which the row keeps when it last fired. */
  readonly triggers?: readonly string[];
}

/** @throws BeckonError PACK_INVALID where features contradict each other */
export const compilePlan = (specs: readonly FeatureSpec[], options: PlanOptions): FeaturePlan => {
  // Once to see which cells there are, once more to put them where they belong.
  const { placed } = compileFeatures(specs, options, new Map()).builder;
  const { builder, features, consentOffset, firedOffsets } = compileFeatures(specs, options, placesOf(placed));
  const placedByType = byType(builder.placed, (placed) => placed.cell);
  const groupsByType = byType(builder.groupUpdates, (update) => update.cell);
  const spansByType = CATALOGUE.reduce<Spans[]>((spans, { code }) => {
    const keys = (groupsByType[code] ?? []).flatMap(({ table }) => cellsOfKey(table, builder.placed));
    spans[code] = spansOf([...(placedByType[code] ?? []), ...keys]);
    return spans;
  }, []);
  return {
    features,
    rowWords: builder.rowWords,
    cells: builder.placed,
    cellsByType: placedByType.map((list) => list.map((placed) => placed.cell)),
    groupsByType,
    spansByType,
    linesByType: spansByType.map(linesOf),
    groupTables: builder.groupTables,
    declaredItems: builder.declaredItems,
    items: builder.items,
    askedOfItems: askedOfItems(specs),
    askedByRules: options.askedByRules ?? new Set(),
    wantedFields: wantedFieldsOf(specs),
    consentOffset,
    firedOffsets,
  };
};

const compileFeatures = (specs: readonly FeatureSpec[], options: PlanOptions, places: ReadonlyMap<string, number>) => {
  const builder = new Builder(specs, options, places);
  const consentOffset = consentCell(builder);
  builder.takeTouched();
  const features = specs.map((spec) => {
    const reading = builder.compile(spec);
    return { spec, reading, cells: builder.takeTouched(), inputs: builder.takeInputs() };
  });
  // The time of such an event is that of the crossing.
  const firedOffsets = (options.triggers ?? []).map((name) =>
    momentCell('last', compileSelector({ event: 'trigger.fired', where: { name } }), builder),
  );
  return { builder, features, consentOffset, firedOffsets };
};

/**
 * Where each cell stands: those that the same event types change together, orders first. An event then touches one stretch
 * of the row and few lines of the cache, and so do models, which mostly ask about orders.
 */
const placesOf = (placed: readonly PlacedCell[]): Map<string, number> => {
  const firstCode = ({ cell }: PlacedCell): number => Math.min(...cell.selector.typeCodes);
  const places = new Map<string, number>();
  let offset = HEADER_WORDS;
  for (const { key, words } of [...placed].sort((a, b) => firstCode(a) - firstCode(b))) {
    places.set(key, offset);
    offset += words;
  }
  return places;
};

/** Cells of the row that the key of a group reads. */
const cellsOfKey = (table: GroupTablePlan, placed: readonly PlacedCell[]): PlacedCell[] =>
  placed.filter(({ key }) => table.by.some((part) => key === `attribute ${part.slice('attribute:'.length)}`));

/** Words between two cells that are cheaper to copy than to step over. */
const GAP_WORDS_MAX = 8;

const spansOf = (cells: readonly PlacedCell[]): Spans => {
  const spans = [0, HEADER_WORDS];
  for (const { offset, words } of [...cells].sort((a, b) => a.offset - b.offset)) {
    const end = spans[spans.length - 1];
    if (offset <= end + GAP_WORDS_MAX) spans[spans.length - 1] = Math.max(end, offset + words);
    else spans.push(offset, offset + words);
  }
  return spans;
};

const linesOf = (spans: Spans): Int32Array => {
  const lines = new Set<number>();
  for (let i = 0; i < spans.length; i += 2)
    for (let line = Math.floor(spans[i] / LINE_WORDS); line * LINE_WORDS < spans[i + 1]; line++) lines.add(line);
  return Int32Array.from(lines, (line) => line * LINE_WORDS);
};

const byType = <T>(items: readonly T[], of: (item: T) => { selector: { typeCodes: readonly number[] } }): T[][] => {
  const lists: T[][] = [];
  for (const item of items)
    for (const code of of(item).selector.typeCodes) {
      while (lists.length <= code) lists.push([]);
      lists[code].push(item);
    }
  return lists;
};

class Builder implements PlanBuilder {
  readonly minorDigits: number;
  readonly zoneOffsetSec: number;
  readonly declaredItems: Items;
  readonly items: ItemsAtEvent;
  readonly placed: PlacedCell[] = [];
  readonly groupTables: (GroupTablePlan & { cells: GroupCell[] })[] = [];
  readonly groupUpdates: GroupUpdate[] = [];
  private readonly groupKeys = new Map<string, { table: GroupTablePlan & { cells: GroupCell[] }; key: GroupKey }>();
  rowWords = HEADER_WORDS;
  private readonly places: ReadonlyMap<string, number>;
  private readonly offsets = new Map<string, number>();
  private readonly positions = new Map<string, number>();
  private readonly demands = new Map<string, number>();
  private readonly itemAttributes = new Set<string>();
  private readonly touched = new Set<string>();
  private readonly names: readonly string[];
  private inputs: number[] = [];
  private current = '';

  /** @param places first word of a cell by its key; others come behind each other */
  constructor(specs: readonly FeatureSpec[], options: PlanOptions, places: ReadonlyMap<string, number>) {
    this.places = places;
    this.minorDigits = options.minorDigits;
    this.zoneOffsetSec = options.zoneOffsetSec;
    this.declaredItems = options.items ?? NO_ITEMS;
    this.items = new ItemsAtEvent(this.declaredItems);
    for (const item of this.declaredItems.values()) for (const name of Object.keys(item)) this.itemAttributes.add(name);
    this.names = specs.map((spec) => spec.name);
    for (const spec of specs) {
      const demand = kindOf(spec).demand?.(spec);
      if (demand !== undefined) this.demands.set(demand.key, Math.max(this.demands.get(demand.key) ?? 0, demand.size));
    }
  }

  compile(spec: FeatureSpec): Reading {
    this.current = spec.name;
    for (const path of [spec.field, spec.key, ...Object.keys(spec.where ?? {})]) this.checkItem(path);
    const reading = kindOf(spec).compile(spec, this);
    this.positions.set(spec.name, this.positions.size);
    return reading;
  }

  /** Keys of the cells asked for since the last call. */
  takeTouched(): string[] {
    const touched = [...this.touched];
    this.touched.clear();
    return touched;
  }

  /** Features asked for since the last call. */
  takeInputs(): number[] {
    const { inputs } = this;
    this.inputs = [];
    return inputs;
  }

  cell(key: string, words: number, make: (offset: number) => Cell): number {
    this.touched.add(key);
    const known = this.offsets.get(key);
    if (known !== undefined) return known;
    const offset = this.places.get(key) ?? this.rowWords;
    this.offsets.set(key, offset);
    this.placed.push({ key, offset, words, cell: make(offset) });
    this.rowWords += words;
    return offset;
  }

  demanded(key: string): number {
    return this.demands.get(key) ?? 0;
  }

  feature(name: string): number {
    const position = this.positions.get(name);
    if (position !== undefined) {
      this.inputs.push(position);
      return position;
    }
    throw new BeckonError('PACK_INVALID', `feature \`${this.current}\`: ${this.whyUnknown(name)}`);
  }

  /** A path that asks for what no item has would never see a value. */
  private checkItem(path: string | undefined): void {
    const attribute = path === undefined ? undefined : itemAttribute(path);
    if (attribute === undefined || this.itemAttributes.has(attribute)) return;
    const why =
      this.declaredItems.size === 0 ? 'it needs an `items.yaml`' : `no item of items.yaml has \`${attribute}\``;
    const hint = didYouMean(attribute, [...this.itemAttributes]);
    throw new BeckonError('PACK_INVALID', `feature \`${this.current}\`: \`${path}\`: ${why}${hint}`);
  }

  private whyUnknown(name: string): string {
    if (name === this.current) return 'is made from itself';
    if (this.names.includes(name)) return `\`${name}\` is declared after it: move it up`;
    return `there is no feature \`${name}\`${didYouMean(name, this.names)}`;
  }

  group(spec: FeatureSpec, cell: GroupCell): GroupPlace {
    const by = [spec.by as string | readonly string[]].flat();
    const { table, key } = this.groupTable(by);
    let position = table.cells.findIndex((other) => other.key === cell.key);
    if (position < 0) {
      position = table.cells.push(cell) - 1;
      this.groupUpdates.push({ table, position, cell, key });
    }
    return { table, cell: position, key };
  }

  private groupTable(by: readonly string[]): { table: GroupTablePlan & { cells: GroupCell[] }; key: GroupKey } {
    const name = by.join(' ');
    let made = this.groupKeys.get(name);
    if (made === undefined) {
      const keysMax = name === 'everybody' ? 1 : LIMITS.groupKeysPerShardMax;
      made = { table: { by, position: this.groupTables.length, keysMax, cells: [] }, key: new GroupKey(by, this) };
      this.groupKeys.set(name, made);
      this.groupTables.push(made.table);
    }
    return made;
  }
}
