import type { Said } from '../packs/labels.ts';

/** Undefined where the event does not say. */
export type SaidValue = string | number | undefined;

/** A column of what the events of moments say. */
export interface SaidColumn {
  readonly name: string;
  readonly isNumber: boolean;
}

/** What the events of moments say of themselves: fields, and a weight that makes up for how rarely it was drawn. */
export class SaidColumns {
  readonly columns: readonly SaidColumn[];
  private readonly said: Said;

  constructor(said: Said = { fields: [], weight: undefined }) {
    this.said = said;
    this.columns = said.weight === undefined ? said.fields : [...said.fields, { name: 'weight', isNumber: true }];
  }

  /** @param data of the event @returns a value a column, good until the next call */
  read(data: Readonly<Record<string, unknown>>): readonly SaidValue[] {
    const { fields, weight } = this.said;
    const values = fields.map(({ name, isNumber }) => saidValue(data[name], isNumber));
    if (weight === undefined) return values;
    const chance = Number(data[weight.of]);
    return [...values, chance > 0 ? Math.min(weight.atMost, 1 / chance) : undefined];
  }
}

const saidValue = (value: unknown, isNumber: boolean): SaidValue => {
  if (value === undefined || value === null) return undefined;
  return isNumber ? Number(value) : String(value);
};
