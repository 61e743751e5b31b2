import { LIMITS } from '../../base/limits.ts';
import type { Cell, Cells } from './cells.ts';
import { type Draft, type Maker, present, type RowFrame } from './draft.ts';
import type { FieldSpec, MapOf } from './map-schema.ts';
import type { Row } from './row.ts';

/** Money is added up as whole ten-thousandths, which are exact. */
const PARTS = 10_000;

type Line = Readonly<Record<string, unknown>>;

interface Order {
  readonly orderId: string;
  readonly isRefund: boolean;
  readonly subject: string;
  readonly timeMs: number;
  /** Made of the map's `id` columns in the first row. */
  readonly id: string | undefined;
  readonly line: number;
  readonly fields: Record<string, unknown>;
  /** The amount that the rows repeat, or what they add up to. */
  parts: number;
  rows: number;
  readonly lines: Line[];
}

/** What is wrong with an order as a whole. */
export type OnOrderProblem = (line: number, why: string, rows: number) => void;

/**
 * Orders and refunds. Without `lines` a row is an order; with them rows of one orderId are, and since these need not
 * stand together, orders are given at the end of the file. An order with a line that cannot be read is left out whole:
 * half an order would be a wrong amount.
 */
export class Orders implements Maker {
  private readonly cells: Readonly<Record<string, Cell>>;
  private readonly lineCells: Readonly<Record<string, Cell>> | undefined;
  private readonly isRefund: (row: Row, parts: number) => boolean;
  private readonly isSum: boolean;
  private readonly orders = new Map<string, Order>();
  /** Line of the first row that spoilt an order. */
  private readonly spoilt = new Map<string, number>();
  private readonly onProblem: OnOrderProblem;

  constructor(map: MapOf<'orders'>, cells: Cells, onProblem: OnOrderProblem) {
    const { orderId, amount, discount, ...texts } = map.fields;
    this.onProblem = onProblem;
    this.cells = {
      orderId: cells.required(orderId, 'text'),
      amount: amount === undefined ? () => undefined : cells.required(amount, 'number'),
      discount: cells.optional(discount, 'number'),
      ...Object.fromEntries(Object.entries(texts).map(([name, field]) => [name, cells.optional(field, 'text')])),
    };
    this.lineCells = map.lines && {
      sku: cells.required(map.lines.sku, 'text'),
      quantity: cells.required(map.lines.quantity, 'number'),
      price:
        amount === undefined
          ? cells.required(map.lines.price as FieldSpec, 'number')
          : cells.optional(map.lines.price, 'number'),
      category: cells.optional(map.lines.category, 'text'),
      supplyDays: cells.optional(map.lines.supplyDays, 'number'),
    };
    this.isSum = amount === undefined || (typeof amount === 'object' && 'sum' in amount && amount.sum === true);
    this.isRefund = refundRule(map, cells);
  }

  row(row: Row, { subject, timeMs, id }: RowFrame): Draft[] {
    const { orderId, amount, ...fields } = readAll(this.cells, row);
    const line = this.lineCells && readAll(this.lineCells, row);
    const parts =
      amount === undefined
        ? Math.round((line?.price as number) * PARTS) * (line?.quantity as number)
        : Math.round((amount as number) * PARTS);
    const isRefund = this.isRefund(row, parts);
    if (row.problems.length > 0 || subject === undefined || timeMs === undefined) {
      if (orderId !== undefined && !this.spoilt.has(`${orderId}`)) this.spoilt.set(`${orderId}`, row.line);
      return [];
    }
    // Refunds of one order on several days are several refunds.
    const key = isRefund ? `${orderId}/refund/${timeMs}` : `${orderId}`;
    const known = this.orders.get(key);
    if (known === undefined) {
      const lines = line === undefined || isRefund ? [] : [present(line)];
      const order = {
        orderId: `${orderId}`,
        isRefund,
        subject,
        timeMs,
        id,
        line: row.line,
        fields,
        parts,
        rows: 1,
        lines,
      };
      // Of an order that is given at once, only what a repeated row is held against is kept.
      this.orders.set(key, this.lineCells === undefined ? { ...order, fields: {} } : order);
      return this.lineCells === undefined ? [this.draft(key, order)] : [];
    }
    if (line === undefined) return this.again(key, known, { ...known, fields }, row, subject, parts);
    this.add(known, row, subject, parts, line);
    return [];
  }

  end(): Draft[] {
    if (this.lineCells === undefined) return [];
    const drafts: Draft[] = [];
    for (const [key, order] of this.orders) {
      const spoiltAt = this.spoilt.get(order.orderId);
      if (spoiltAt === undefined) drafts.push(this.draft(key, order));
      else
        this.onProblem(
          order.line,
          `order ${order.orderId} is left out whole, because line ${spoiltAt} of it cannot be used`,
          order.rows,
        );
    }
    this.orders.clear();
    return drafts;
  }

  /** The same row once more is harmless: a duplicate. Another one would be lost as a duplicate of the first. */
  private again(key: string, order: Order, made: Order, row: Row, subject: string, parts: number): Draft[] {
    if (subject === order.subject && parts === order.parts) return [this.draft(key, { ...made, line: row.line })];
    const what =
      subject === order.subject ? 'another amount; say `lines` where an order has several rows' : 'another customer';
    row.wrong('', `the order ${order.orderId} of line ${order.line} has ${what}`);
    return [];
  }

  private add(order: Order, row: Row, subject: string, parts: number, line: Line): void {
    const problem = this.lineProblem(order, subject, parts);
    if (problem !== undefined) {
      row.wrong('', `the order ${order.orderId} of line ${order.line} has ${problem}`);
      if (!this.spoilt.has(order.orderId)) this.spoilt.set(order.orderId, row.line);
      return;
    }
    if (this.isSum) order.parts += parts;
    order.rows++;
    if (!order.isRefund) order.lines.push(present(line));
  }

  private lineProblem(order: Order, subject: string, parts: number): string | undefined {
    if (subject !== order.subject) return 'another customer';
    if (!this.isSum && parts !== order.parts) return 'another amount; `sum: true` would add them up';
    return order.lines.length < LIMITS.linesPerOrderMax ? undefined : `${LIMITS.linesPerOrderMax} lines already`;
  }

  private draft(key: string, order: Order): Draft {
    const { orderId, isRefund, subject, timeMs, id, line, fields, rows } = order;
    const amount = Math.round(isRefund ? Math.abs(order.parts) : order.parts) / PARTS;
    const lines = order.lines.filter(({ quantity }) => (quantity as number) > 0);
    const data = isRefund
      ? { orderId, amount }
      : present({ orderId, amount, ...fields, lines: lines.length === 0 ? undefined : lines });
    return { type: isRefund ? 'order.refunded' : 'order.placed', id: id ?? key, subject, timeMs, data, line, rows };
  }
}

const readAll = (cells: Readonly<Record<string, Cell>>, row: Row): Record<string, unknown> =>
  Object.fromEntries(Object.entries(cells).map(([name, cell]) => [name, cell(row)]));

const refundRule = ({ refund }: MapOf<'orders'>, cells: Cells): ((row: Row, parts: number) => boolean) => {
  if (refund === undefined) return () => false;
  if (refund === 'negative') return (_row, parts) => parts < 0;
  const status = cells.text(refund.column);
  return (row) => refund.is.includes(status(row) ?? '');
};
