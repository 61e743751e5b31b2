import { mix32 } from '../base/hash.ts';
import type { Ask, PlanBuilder } from './kind.ts';
import { attributeCell, textHash } from './kinds/attribute.ts';
import type { RowView } from './row.ts';

/** Fields of events that carry the key of a group; questions name it by the group's own name. */
const FIELDS: Readonly<Record<string, string>> = {
  campaign: 'campaignId',
  action: 'actionId',
  channel: 'channel',
  source: 'source',
  store: 'storeId',
  sku: 'sku',
};

const EVERYBODY = 'everybody';
const ATTRIBUTE = 'attribute:';

/** Why `by` cannot be used, or undefined. */
export const groupKeyProblem = (by: readonly string[]): string | undefined => {
  if (by.length > 2) return '`by` takes one or two keys';
  for (const part of by)
    if (part !== EVERYBODY && !part.startsWith(ATTRIBUTE) && !Object.hasOwn(FIELDS, part))
      return `\`by\` knows no \`${part}\`: use ${[EVERYBODY, ...Object.keys(FIELDS)].join(', ')} or ${ATTRIBUTE}<name>`;
  return undefined;
};

/** 64-bit key of a group entry, or `known: false` where a part is missing; one object, reused. */
export class GroupKey {
  lo = 0;
  hi = 0;
  known = false;

  private readonly parts: readonly Part[];

  constructor(by: readonly string[], plan: PlanBuilder) {
    this.parts = by.map((part) => partOf(part, plan));
  }

  /** @param data of the event, or of one of its order lines */
  ofEvent(row: RowView, data: Readonly<Record<string, unknown>>): void {
    this.begin();
    for (const part of this.parts) this.add(part.ofEvent(row, data));
  }

  ofQuestion(row: RowView, ask: Ask): void {
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
  ofEvent(row: RowView, data: Readonly<Record<string, unknown>>): number;
  ofQuestion(row: RowView, ask: Ask): number;
}

const partOf = (part: string, plan: PlanBuilder): Part => {
  if (part === EVERYBODY) return { ofEvent: () => 1, ofQuestion: () => 1 };
  if (part.startsWith(ATTRIBUTE)) {
    const offset = attributeCell(part.slice(ATTRIBUTE.length), plan) + 2;
    const read = (row: RowView): number => row.u32[row.base + offset];
    return { ofEvent: read, ofQuestion: read };
  }
  const field = FIELDS[part];
  const hash = (value: unknown): number => (typeof value === 'string' ? textHash(value) : 0);
  return { ofEvent: (_row, data) => hash(data[field]), ofQuestion: (_row, ask) => hash(ask.keys[part]) };
};
