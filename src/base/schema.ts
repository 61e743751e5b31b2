import { Ajv, type ErrorObject } from 'ajv';
import { parseTime } from './clock.ts';
import { idProblem } from './ids.ts';
import { LIMITS } from './limits.ts';
import { suggest } from './suggest.ts';

/** A named rule for strings: `format` in a schema. */
export interface Format {
  readonly test: (text: string) => boolean;
  /** Ends the sentence "`data.orderId` …". */
  readonly says: string;
}

/** What does not fit, as a sentence in the user's words, or undefined. `root` names the value in that sentence. */
export type SchemaCheck = (value: unknown, root: string) => string | undefined;

/** Strings of at most this many UTF-16 units cannot pass the bound on bytes, whatever they hold. */
const SAFE_CHARS = Math.floor(LIMITS.idBytesMax / 3);

const COMMON: Record<string, Format> = {
  'date-time': { test: (text) => !Number.isNaN(parseTime(text)), says: 'must be an RFC 3339 time' },
  id: {
    test: (text) => idProblem(text) === undefined,
    says: `must have 1 to ${LIMITS.idBytesMax} bytes and no control characters`,
  },
  text: {
    test: (text) => text.length <= SAFE_CHARS || Buffer.byteLength(text) <= LIMITS.idBytesMax,
    says: `must have at most ${LIMITS.idBytesMax} bytes`,
  },
};

const TYPE_WORDS: Record<string, string> = {
  string: 'a string',
  number: 'a finite number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  null: 'null',
};

/** A key of the user's, shown short and without anything that could break a line of a log. */
const shown = (key: string): string =>
  /^[\w$.*-]{1,64}$/.test(key) ? key : JSON.stringify(key.length > 64 ? `${key.slice(0, 64)}…` : key);

/** `/lines/3/sku` → `data.lines[3].sku`. */
const pathOf = (root: string, pointer: string): string => {
  let path = root;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    path += /^\d+$/.test(key) ? `[${key}]` : `.${shown(key)}`;
  }
  return path;
};

const meant = (word: unknown, candidates: readonly unknown[]): string => {
  const near = typeof word === 'string' ? suggest(word, candidates.map(String)) : undefined;
  return near === undefined ? '' : `; did you mean ${near}?`;
};

const valueAt = (value: unknown, pointer: string): unknown => {
  let here = value;
  for (const part of pointer.split('/').slice(1))
    here = (here as Record<string, unknown>)[part.replaceAll('~1', '/').replaceAll('~0', '~')];
  return here;
};

const sentence = (error: ErrorObject, value: unknown, root: string, formats: Record<string, Format>): string => {
  const { params } = error;
  const path = pathOf(root, error.instancePath);
  const subject = error.propertyName === undefined ? path : `the name ${shown(error.propertyName)} in ${path}`;
  switch (error.keyword) {
    case 'required':
      return `${path}.${params.missingProperty} is missing`;
    case 'type':
      return `${subject} must be ${[params.type]
        .flat()
        .map((type: string) => TYPE_WORDS[type])
        .join(' or ')}`;
    case 'enum':
      return `${subject} must be one of ${params.allowedValues.join(', ')}${meant(valueAt(value, error.instancePath), params.allowedValues)}`;
    case 'const':
      return `${subject} must be ${JSON.stringify(params.allowedValue)}`;
    case 'format':
      return `${subject} ${formats[params.format].says}`;
    case 'minimum':
      return `${subject} must be at least ${params.limit}`;
    case 'maximum':
      return `${subject} must be at most ${params.limit}`;
    case 'exclusiveMinimum':
      return `${subject} must be more than ${params.limit}`;
    case 'exclusiveMaximum':
      return `${subject} must be less than ${params.limit}`;
    case 'maxItems':
      return `${subject} must have at most ${params.limit} entries`;
    case 'minItems':
      return `${subject} must have at least ${params.limit} entries`;
    case 'maxProperties':
      return `${subject} must have at most ${params.limit} keys`;
    case 'additionalProperties': {
      const known = Object.keys((error.parentSchema?.properties as object | undefined) ?? {});
      return `${path} has the unknown key ${shown(params.additionalProperty)}${meant(params.additionalProperty, known)}`;
    }
    default:
      return `${subject} ${error.message}`;
  }
};

/**
 * The door of Ajv: compiles JSON Schemas (TypeBox makes them) once, to checks that coerce nothing, fill in nothing
 * and stop at the first problem.
 * @param own formats beside the common `date-time`, `id` and `text`.
 */
export const schemaCompiler = (own: Record<string, Format> = {}): ((schema: object) => SchemaCheck) => {
  const formats = { ...COMMON, ...own };
  const ajv = new Ajv({ strict: true, strictTypes: false, verbose: true });
  for (const [name, format] of Object.entries(formats)) ajv.addFormat(name, { type: 'string', validate: format.test });
  return (schema) => {
    const validate = ajv.compile(schema);
    return (value, root) =>
      validate(value) ? undefined : sentence((validate.errors as ErrorObject[])[0], value, root, formats);
  };
};
