import { HourTypes } from './hours.ts';
import type { ActionTruth, ChannelTruth, MarketFile } from './market-schema.ts';
import { ACTIONS, bitOf, CONDITIONS, KINDS, TRAITS } from './words.ts';

export interface Channel extends ChannelTruth {
  readonly name: string;
  readonly index: number;
  readonly isCall: boolean;
}

export interface Action extends ActionTruth {
  readonly id: string;
  readonly index: number;
  /** Indexes of channels. */
  readonly channelIndexes: readonly number[];
  /** Bits of conditions that must hold. */
  readonly needsBits: number;
  /** Log-odds by kind. */
  readonly byKind: readonly number[];
  /** Conditions that add log-odds: their bits and how much. */
  readonly whenBits: readonly number[];
  readonly whenOdds: readonly number[];
  /** Log-odds by trait. */
  readonly byTrait: readonly number[];
  readonly face: number;
}

export interface Item {
  readonly sku: string;
  readonly category: number;
  readonly taste: number;
  readonly price: number;
  readonly margin: number;
  readonly supplyDays: number;
  readonly weight: number;
  readonly festival: string | undefined;
}

/** A market file made ready: names turned into indexes. */
export class Truth {
  readonly file: MarketFile;
  readonly channels: readonly Channel[];
  readonly actions: readonly Action[];
  readonly categories: readonly string[];
  readonly tastes: readonly string[];
  readonly items: readonly Item[];
  /** By category: indexes of items. */
  readonly itemsOf: readonly (readonly number[])[];
  /** Mean price, supply and margin of a category's items. */
  readonly meanPrice: readonly number[];
  readonly meanSupplyDays: readonly number[];
  readonly meanMargin: readonly number[];
  readonly hours: HourTypes;
  /** By action and channel: the beginning of their JSON, up to a probability. */
  readonly pairHeads: readonly string[];

  constructor(file: MarketFile) {
    this.file = file;
    this.channels = Object.entries(file.channels).map(([name, channel], index) => ({
      ...channel,
      name,
      index,
      isCall: name === 'ai_call' || name === 'human_call',
    }));
    const names = this.channels.map(({ name }) => name);
    this.actions = ACTIONS.map((id, index) => {
      const action = file.actions[id];
      const when = Object.entries(action.when);
      return {
        ...action,
        id,
        index,
        channelIndexes: action.channels.map((name) => names.indexOf(name)),
        needsBits: (action.only ?? []).reduce((bits, condition) => bits | bitOf(condition), 0),
        byKind: KINDS.map((kind) => action.who[kind] ?? 0),
        whenBits: when.map(([condition]) => 1 << (CONDITIONS as readonly string[]).indexOf(condition)),
        whenOdds: when.map(([, odds]) => odds as number),
        byTrait: TRAITS.map((trait) => action.traits[trait] ?? 0),
        face: action.faceValue ?? 0,
      };
    });
    this.categories = [...new Set(file.items.map(({ category }) => category))];
    this.tastes = [...new Set(file.items.map(({ taste }) => taste))];
    this.items = file.items.map((item) => ({
      ...item,
      category: this.categories.indexOf(item.category),
      taste: this.tastes.indexOf(item.taste),
      festival: item.festival,
    }));
    this.itemsOf = this.categories.map((_, category) =>
      this.items.flatMap((item, i) => (item.category === category ? [i] : [])),
    );
    const mean = (of: (item: Item) => number): number[] =>
      this.itemsOf.map((items) => items.reduce((sum, i) => sum + of(this.items[i]), 0) / items.length);
    this.meanPrice = mean(({ price }) => price);
    this.meanSupplyDays = mean(({ supplyDays }) => supplyDays);
    this.meanMargin = mean(({ margin }) => margin);
    this.pairHeads = this.actions.flatMap(({ id }) =>
      this.channels.map(({ name }) => `"actionId":"${id}","channel":"${name}","probability":`),
    );
    this.hours = new HourTypes(file.people.hours);
  }
}
