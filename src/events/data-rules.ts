import { LIMITS } from '../base/limits.ts';
import { FIELD_CODES } from './field-names.ts';
import { NameTable } from './name-table.ts';
import type { EventDefinition } from './schemas/definition.ts';

/** What a scanner knows of an object: the fields that it may have, by the position of their names. */
export interface ObjectRule {
  readonly fields: readonly (FieldRule | undefined)[];
  readonly requiredFields: number;
}

export interface FieldRule {
  readonly kind: 'id' | 'text' | 'time' | 'word' | 'number' | 'boolean' | 'list';
  readonly isRequired: boolean;
  /** Bounds of a number, or of the items of a list. */
  readonly min: number;
  readonly max: number;
  /** What a word may be. */
  readonly words: NameTable | undefined;
  /** What each entry of a list is. */
  readonly items: ObjectRule | undefined;
}

type Schema = Readonly<Record<string, unknown>>;

/** Keywords that say nothing about a value. */
const SILENT = new Set(['description', 'type', 'default']);
const FORMATS: Readonly<Record<string, FieldRule['kind']>> = { id: 'id', text: 'text', 'date-time': 'time' };

/**
 * The rules of a type's data, taken from its schema.
 * @returns undefined where the schema says more than rules can: such events are left to the schema's own check
 */
export const dataRule = ({ schema, problem }: EventDefinition): ObjectRule | undefined =>
  problem === undefined ? objectRule(schema as unknown as Schema) : undefined;

const objectRule = (schema: Schema): ObjectRule | undefined => {
  if (schema.type !== 'object' || !knowsAll(schema, ['properties', 'required'])) return undefined;
  const required = new Set((schema.required as readonly string[] | undefined) ?? []);
  const fields: (FieldRule | undefined)[] = [];
  for (const [name, part] of Object.entries((schema.properties ?? {}) as Record<string, Schema>)) {
    const code = FIELD_CODES.get(name);
    const rule = fieldRule(part, required.has(name));
    if (code === undefined || rule === undefined) return undefined;
    fields[code] = rule;
  }
  return { fields, requiredFields: required.size };
};

const fieldRule = (schema: Schema, isRequired: boolean): FieldRule | undefined => {
  const plain = { isRequired, min: 0, max: 0, words: undefined, items: undefined };
  if (Array.isArray(schema.enum)) {
    const words = schema.enum as unknown[];
    if (!knowsAll(schema, ['enum']) || words.some((word) => typeof word !== 'string')) return undefined;
    return { ...plain, kind: 'word', words: new NameTable(words as string[]) };
  }
  switch (schema.type) {
    case 'string': {
      const kind = FORMATS[schema.format as string];
      return kind !== undefined && knowsAll(schema, ['format']) ? { ...plain, kind } : undefined;
    }
    case 'number': {
      const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema;
      if (!knowsAll(schema, ['minimum', 'maximum'])) return undefined;
      return { ...plain, kind: 'number', min: minimum as number, max: maximum as number };
    }
    case 'boolean':
      return knowsAll(schema, []) ? { ...plain, kind: 'boolean' } : undefined;
    case 'array': {
      const items = objectRule(schema.items as Schema);
      if (items === undefined || !knowsAll(schema, ['items', 'maxItems'])) return undefined;
      return { ...plain, kind: 'list', items, max: (schema.maxItems as number | undefined) ?? LIMITS.eventBytesMax };
    }
    default:
      return undefined;
  }
};

const knowsAll = (schema: Schema, keywords: readonly string[]): boolean =>
  Object.keys(schema).every((keyword) => SILENT.has(keyword) || keywords.includes(keyword));
