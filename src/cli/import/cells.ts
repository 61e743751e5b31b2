import type { ColumnSpec, FieldSpec, ImportMap } from './map-schema.ts';
import type { Row } from './row.ts';
import { compileTime } from './time-format.ts';

/** What a value becomes: `time` is ms since the epoch, `date` is `YYYY-MM-DD`, `list` a list of texts. */
export type ValueType = NonNullable<ColumnSpec['type']>;

/** Reads one value of a row; undefined where the cell is empty or wrong, and wrong ones are said to the row. */
export type Cell = (row: Row) => unknown;

type Parse = (text: string) => unknown;

/** A cell in a message: long ones are not what somebody looks for. */
const shown = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);

/** Values of a map that a message lists. */
const KNOWN_SHOWN_MAX = 10;

/** Compiles the fields of one map over the header of one file. */
export class Cells {
  private readonly map: ImportMap;
  private readonly header: readonly string[];
  private readonly empty: ReadonlySet<string>;

  constructor(map: ImportMap, header: readonly string[]) {
    this.map = map;
    this.header = header;
    this.empty = new Set(['', ...(map.empty ?? [])]);
  }

  /** The text of a column, undefined where it is empty. */
  text(column: string): (row: Row) => string | undefined {
    const place = this.header.indexOf(column);
    return (row) => {
      const text = (row.cells[place] ?? '').trim();
      if (this.empty.has(text)) return undefined;
      return text.includes('\uFFFD') ? row.wrong(column, `${shown(text)} is not in the encoding of the map`) : text;
    };
  }

  /** Like {@link optional}, but an empty cell is wrong. */
  required(field: FieldSpec, type: ValueType): Cell {
    const cell = this.optional(field, type);
    const column = typeof field === 'string' ? field : 'column' in field ? field.column : '';
    return (row) => {
      const problems = row.problems.length;
      const value = cell(row);
      return value === undefined && row.problems.length === problems ? row.wrong(column, 'is empty') : value;
    };
  }

  /** @param type of the value, where the field does not name another */
  optional(field: FieldSpec | undefined, type: ValueType): Cell {
    if (field === undefined) return () => undefined;
    if (typeof field === 'object' && 'constant' in field) return this.constant(field.constant, type);
    const spec: ColumnSpec = typeof field === 'string' ? { column: field } : field;
    const { column, values, otherwise, default: standard } = spec;
    const text = this.text(column);
    const wanted = spec.type ?? type;
    const parse = this.parser(spec, wanted);
    const known = Object.keys(values ?? {})
      .slice(0, KNOWN_SHOWN_MAX)
      .join(', ');
    return (row) => {
      const problems = row.problems.length;
      const cell = text(row);
      if (cell === undefined) return row.problems.length > problems ? undefined : standard;
      if (values !== undefined) {
        if (Object.hasOwn(values, cell)) return values[cell];
        if (otherwise !== undefined) return otherwise;
        return row.wrong(column, `${shown(cell)} is none of ${known}`);
      }
      const value = parse(cell);
      return value === undefined || Number.isNaN(value)
        ? row.wrong(column, `${shown(cell)} is no ${NOUNS[wanted]}`)
        : value;
    };
  }

  private constant(value: unknown, type: ValueType): Cell {
    const parsed =
      type === 'time' && typeof value === 'string' ? compileTime(undefined, this.map.zone ?? 'Z')(value) : value;
    const made = type === 'list' && typeof value === 'string' ? [value] : parsed;
    return (row) => (Number.isNaN(made) ? row.wrong('', `the constant ${shown(String(value))} is no time`) : made);
  }

  private parser(spec: ColumnSpec, type: ValueType): Parse {
    switch (type) {
      case 'text':
        return (text) => text;
      case 'number':
        return this.numberParser();
      case 'boolean':
        return (text) => BOOLEANS[text.toLowerCase()];
      case 'list': {
        const separator = spec.separator ?? ',';
        return (text) => [...new Set(text.split(separator).map((part) => part.trim()))].filter((part) => part !== '');
      }
      case 'time':
        return compileTime(spec.format, spec.zone ?? this.map.zone ?? 'Z');
      case 'date': {
        // A day stays the day that is written, whatever the zone.
        const parse = compileTime(spec.format, 'Z');
        return (text) => {
          const timeMs = parse(text);
          return Number.isNaN(timeMs) ? undefined : new Date(timeMs).toISOString().slice(0, 10);
        };
      }
    }
  }

  private numberParser(): Parse {
    const { decimal = '.', thousands } = this.map;
    const group = thousands === undefined ? '' : `(?:\\d{1,3}(?:[${thousands}]\\d{3})+)|`;
    const pattern = new RegExp(`^[+-]?(?:${group}\\d+)(?:[${decimal}]\\d*)?$`);
    return (text) => {
      if (!pattern.test(text)) return undefined;
      const plain = thousands === undefined ? text : text.replaceAll(thousands, '');
      return Number(plain.replace(decimal, '.'));
    };
  }
}

const NOUNS: Readonly<Record<ValueType, string>> = {
  text: 'text',
  number: 'number',
  boolean: 'yes or no',
  time: 'time',
  date: 'day',
  list: 'list',
};

const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  y: true,
  '1': true,
  false: false,
  no: false,
  n: false,
  '0': false,
};
