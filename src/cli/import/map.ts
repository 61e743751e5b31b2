import { BeckonError } from '../../base/errors.ts';
import { checkSchema } from '../../base/schema-check.ts';
import { suggest } from '../../base/suggest.ts';
import { parseYaml } from '../../base/yaml.ts';
import {
  COLUMN_SCHEMA,
  CONSTANT_SCHEMA,
  type FieldSpec,
  type ImportMap,
  MAP_SCHEMAS,
  ROW_KINDS,
  type RowKind,
} from './map-schema.ts';
import { timeFormatProblem } from './time-format.ts';

const isKind = (rows: unknown): rows is RowKind => ROW_KINDS.some((kind) => kind === rows);

/**
 * Reads a map file.
 * @param name of the file, for the sentences
 * @throws BeckonError USAGE in the user's words: it is the caller who can mend it
 */
export const readMap = (name: string, text: string): ImportMap => {
  const wrong = (sentence: string): BeckonError => new BeckonError('USAGE', `${name}: ${sentence}`);
  let document: unknown;
  try {
    document = parseYaml(text);
  } catch (error) {
    throw wrong((error as Error).message);
  }
  const rows = (document as { rows?: unknown } | null)?.rows;
  if (!isKind(rows)) {
    const near = typeof rows === 'string' ? suggest(rows, ROW_KINDS) : undefined;
    const hint = near === undefined ? '' : `; did you mean "${near}"?`;
    throw wrong(`rows must say what the rows are: ${ROW_KINDS.join(', ')}${hint}`);
  }
  const map = document as ImportMap;
  const unfit = checkSchema(MAP_SCHEMAS[rows], map);
  if (unfit !== undefined) throw wrong(fieldProblem(map) ?? unfit);
  const problem = crossProblem(map);
  if (problem !== undefined) throw wrong(problem);
  return map;
};

/** Each field by itself: of a union, a schema only says that none of its forms fits. */
const fieldProblem = (map: ImportMap): string | undefined => {
  for (const [place, field] of fieldsOf(map)) {
    if (typeof field === 'string') continue;
    if (typeof field !== 'object' || field === null)
      return `${place} must be the name of a column, {column: …} or {constant: …}`;
    const problem = checkSchema('constant' in field ? CONSTANT_SCHEMA : COLUMN_SCHEMA, field);
    if (problem !== undefined)
      return problem.startsWith('the document ') ? problem.replace('the document', place) : `${place}.${problem}`;
  }
  return undefined;
};

/** What a schema cannot say. */
const crossProblem = (map: ImportMap): string | undefined => {
  if (map.decimal !== undefined && map.decimal === map.thousands) return 'decimal and thousands must differ';
  if (map.thousands === '.' && map.decimal === undefined) return 'thousands "." needs decimal ","';
  if (map.encoding !== undefined && !isEncoding(map.encoding)) return `encoding ${map.encoding} is not known`;
  if (map.rows === 'orders') {
    const { fields, lines } = map;
    if (fields.amount === undefined && lines?.price === undefined)
      return 'an order needs fields.amount, or lines with quantity and price to add up';
    if (lines === undefined && typeof fields.amount === 'object' && 'sum' in fields.amount)
      return 'fields.amount.sum needs lines: without them each row is an order';
  }
  if (map.rows === 'consents') {
    const { fields, channels } = map;
    if ((channels === undefined) === (fields?.channel === undefined))
      return 'consents take channels (a column each) or fields.channel (the channel stands in a column), one of them';
    if (channels === undefined && fields?.granted === undefined) return 'fields.channel needs fields.granted';
    if (channels !== undefined && fields?.granted !== undefined) return 'channels say themselves what is granted';
  }
  if (map.rows === 'tags' && map.fields.add === undefined && map.fields.remove === undefined)
    return 'tags need fields.add or fields.remove';
  if (map.rows === 'aliases' && map.aliases === undefined) return 'aliases is missing';
  for (const [place, field] of fieldsOf(map)) {
    if (typeof field !== 'object' || !('column' in field) || field.format === undefined) continue;
    const bad = timeFormatProblem(field.format);
    if (bad !== undefined) return `${place}.format ${bad}`;
  }
  return undefined;
};

/** Every field of a map with its place in it. */
const fieldsOf = (map: ImportMap): [place: string, field: FieldSpec][] => {
  const found: [string, FieldSpec][] = [];
  const add = (place: string, fields: object | undefined): void => {
    for (const [name, field] of typeof fields === 'object' ? Object.entries(fields ?? {}) : [])
      found.push([`${place}.${name}`, field as FieldSpec]);
  };
  if (map.rows !== 'aliases') add('fields', map.fields);
  if (map.rows === 'orders') add('lines', map.lines);
  if (map.rows === 'consents') add('channels', map.channels);
  add('aliases', map.aliases);
  if (map.time !== undefined) found.push(['time', map.time]);
  return found;
};

const isEncoding = (label: string): boolean => {
  try {
    new TextDecoder(label);
    return true;
  } catch {
    return false;
  }
};

/**
 * The columns that a map names and a file does not have.
 * @returns a sentence, undefined where all are there
 */
export const missingColumns = (map: ImportMap, header: readonly string[]): string | undefined => {
  const named: [string, string][] = fieldsOf(map).flatMap(([place, field]) =>
    typeof field === 'string' ? [[place, field]] : 'column' in field ? [[`${place}.column`, field.column]] : [],
  );
  named.push(['subject', typeof map.subject === 'string' ? map.subject : map.subject.column]);
  for (const [i, column] of (map.id ?? []).entries()) named.push([`id[${i}]`, column]);
  for (const column of Object.keys(map.skip ?? {})) named.push(['skip', column]);
  if (map.rows === 'orders' && typeof map.refund === 'object') named.push(['refund.column', map.refund.column]);
  const missing = named.filter(([, column]) => !header.includes(column));
  if (missing.length === 0) return undefined;
  const sentences = missing.map(([place, column]) => {
    const near = suggest(column, header);
    return `${place} names ${JSON.stringify(column)}${near === undefined ? '' : ` (did you mean ${JSON.stringify(near)}?)`}`;
  });
  return `there is no such column: ${sentences.join(', ')}; the file has ${header.join(', ').slice(0, 500)}`;
};
