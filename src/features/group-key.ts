import { mix32 } from '../base/hash.ts';
import { textHash } from '../base/text-hash.ts';
import type { FieldValues } from '../events/field-values.ts';
import type { Ask } from './ask.ts';
import { fieldCode } from './items.ts';
import type { PlanBuilder } from './kind.ts';
import { attributeCell } from './kinds/attribute.ts';
import type { RowView } from './row.ts';

const SKU = 'sku';

/** Fields of events that carry the key of a group; questions name it by the group's own name. */
const FIELDS: Readonly<Record<string, string>> = {
  campaign: 'campaignId',
  action: 'actionId',
  channel: 'channel',
  source: 'source',
  store: 'storeId',
  [SKU]: SKU,
};

const EVERYBODY = 'everybody';
const EVERYBODY_HASH = 1;
const ATTRIBUTE = 'attribute:';

/** Why `by` cannot be used, or undefined. */
export const groupKeyProblem = (by: readonly string[]): string | undefined => {
  if (by.length > 2) return '`by` takes one or two keys';
  for (const part of by)
    if (part !== EVERYBODY && !/^attribute:./.test(part) && !Object.hasOwn(FIELDS, part))
      return `\`by\` knows no \`${part}\`: use ${[EVERYBODY, ...Object.keys(FIELDS)].join(', ')} or ${ATTRIBUTE}<name>`;
  return undefined;
};

/** 64-bit key of a group entry, or `known: false` where a part is missing; one object, reused. */
export class GroupKey {
  lo = 0;
  hi = 0;
  known = false;
  /** Whether each line of an order has a key of its own. */
  readonly isOfLines: boolean;
  /** Whether there is one group only. */
  private readonly isOne: boolean;
  private readonly parts: readonly Part[];

  constructor(by: readonly string[], plan: PlanBuilder) {
    this.isOfLines = by.includes(SKU);
    this.isOne = by.every((part) => part === EVERYBODY);
    this.parts = by.map((part) => partOf(part, plan));
    this.begin();
    if (this.isOne) for (const _ of by) this.add(EVERYBODY_HASH);
  }

  /**
   * @param row of the customer, this event applied: an attribute's value is the one that the log had told by then
   * @param line one of the event's order lines where the key {@link isOfLines}, else the event
   */
  ofEvent(row: RowView, event: FieldValues, line: FieldValues): void {
    if (this.isOne) return;
    this.begin();
    for (const part of this.parts) this.add(part.ofEvent(row, event, line));
  }

  ofQuestion(row: RowView, ask: Ask): void {
    if (this.isOne) return;
    this.begin();
    for (const part of this.parts) this.add(part.ofQuestion(row, ask));
  }

  private begin(): void {
    this.lo = 1;
    this.hi = 1;
    this.known = true;
  }

  private add(hash: number): void {
    if (hash === 0) this.known = false;
    this.lo = mix32(this.lo ^ Math.imul(hash, 0x9e3779b1));
    this.hi = (Math.imul(this.hi, 31) + hash) >>> 0;
  }
}

/** A part of a key as a 32-bit hash, 0 where it is not known. */
interface Part {
  ofEvent(row: RowView, event: FieldValues, line: FieldValues): number;
  ofQuestion(row: RowView, ask: Ask): number;
}

const partOf = (part: string, plan: PlanBuilder): Part => {
  if (part === EVERYBODY) return { ofEvent: () => EVERYBODY_HASH, ofQuestion: () => EVERYBODY_HASH };
  if (part.startsWith(ATTRIBUTE)) {
    const offset = attributeCell(part.slice(ATTRIBUTE.length), plan) + 2;
    const read = (row: RowView): number => row.u32[row.base + offset];
    return { ofEvent: read, ofQuestion: read };
  }
  const field = FIELDS[part];
  const code = fieldCode(field);
  const hash = (told: FieldValues): number => (told.text(code) === undefined ? 0 : told.hash(code));
  // Rows are mostly asked about one campaign or action after the other.
  let text: string | undefined;
  let hashed = 0;
  return {
    ofEvent: part === SKU ? (_row, _event, line) => hash(line) : (_row, event) => hash(event),
    ofQuestion(_row, ask) {
      const asked = ask.keys[part];
      if (asked !== text) {
        text = asked;
        hashed = asked === undefined ? 0 : textHash(asked);
      }
      return hashed;
    },
  };
};
