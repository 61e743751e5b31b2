import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { TSchema } from 'typebox';
import { parseTime } from './clock.ts';
import { idProblem } from './ids.ts';
import { LIMITS } from './limits.ts';
import { suggest } from './suggest.ts';

/** A rule for strings that a schema names with `format`. */
interface Format {
  readonly fits: (text: string) => boolean;
  /** Ends the sentence that begins with the path of the value. */
  readonly says: () => string;
}

/** A UTF-16 unit takes at most this many bytes of UTF-8. */
const UNIT_BYTES_MAX = 3;

const FORMATS: Readonly<Record<string, Format>> = {
  'date-time': { fits: (text) => !Number.isNaN(parseTime(text)), says: () => 'must be an RFC 3339 time' },
  id: {
    fits: (text) => idProblem(text) === undefined,
    says: () => `must have 1 to ${LIMITS.idBytesMax} bytes and no control characters`,
  },
  text: {
    fits: (text) => text.length * UNIT_BYTES_MAX <= LIMITS.idBytesMax || Buffer.byteLength(text) <= LIMITS.idBytesMax,
    says: () => `must have at most ${LIMITS.idBytesMax} bytes`,
  },
};

/** The door of Ajv. Nothing is coerced or filled in, and the first problem ends a check. */
const ajv = new Ajv({ strict: false, strictNumbers: true, verbose: true });
for (const [name, { fits }] of Object.entries(FORMATS)) ajv.addFormat(name, { type: 'string', validate: fits });
const compiled = new WeakMap<TSchema, ValidateFunction>();

/**
 * Compiles a schema once, for values that come by the million; a value that fits costs no allocation.
 * @param root the name of the value in sentences: with `data`, `data.amount must be a number, not a string`.
 */
export const compileSchema = (schema: TSchema, root: string): ((value: unknown) => string | undefined) => {
  const validate = ajv.compile(schema);
  return (value) => (validate(value) ? undefined : describe(validate.errors!, root));
};

/**
 * Checks a parsed value against a schema. Values are never quoted: a configuration may hold secrets.
 * @returns the first problem with its JSON path, such as `input.features[3].default must be a number, not a string`, or
 * undefined where the value fits.
 */
export const checkSchema = (schema: TSchema, value: unknown): string | undefined => {
  let validate = compiled.get(schema);
  if (validate === undefined) {
    validate = ajv.compile(schema);
    compiled.set(schema, validate);
  }
  return validate(value) ? undefined : describe(validate.errors!);
};

const describe = (errors: readonly ErrorObject[], root = ''): string => {
  const error = chosen(errors);
  const path = pathOf(error.instancePath, root);
  const place = path === '' ? 'the document' : path;
  const subject = error.propertyName === undefined ? place : `the name ${shown(error.propertyName)} in ${place}`;
  const params = error.params as Record<string, never>;
  switch (error.keyword) {
    case 'type':
      return `${subject} must be ${typeName(params.type)}, not ${kindOf(error.data)}`;
    case 'required':
      return `${path === '' ? '' : `${path}.`}${params.missingProperty} is missing`;
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const key: string = params.additionalProperty ?? params.unevaluatedProperty;
      const near = suggest(key, Object.keys(error.parentSchema?.properties ?? {}));
      return `${subject} has an unknown key ${quoted(key)}${near === undefined ? '' : `; did you mean "${near}"?`}`;
    }
    case 'const':
      return `${subject} must be ${JSON.stringify(params.allowedValue)}`;
    case 'enum': {
      const near = suggest(String(error.data), (params.allowedValues as unknown[]).map(String));
      return `${subject} must be one of ${list(params.allowedValues)}${near === undefined ? '' : `; did you mean "${near}"?`}`;
    }
    case 'format':
      return `${subject} ${FORMATS[params.format].says()}`;
    case 'pattern':
      return `${subject} must be ${error.parentSchema?.description ?? `text that matches ${params.pattern}`}`;
    case 'anyOf': {
      const values = errors.filter((e) => e.keyword === 'const' && e.instancePath === error.instancePath);
      return values.length > 0
        ? `${subject} must be one of ${list(values.map((e) => (e.params as { allowedValue: unknown }).allowedValue))}`
        : `${subject} fits none of the forms that it may have`;
    }
    case 'minItems':
    case 'maxItems':
      return `${subject} must have at ${error.keyword === 'minItems' ? 'least' : 'most'} ${params.limit} items, not ${(error.data as unknown[]).length}`;
    case 'minLength':
      return params.limit === 1 ? `${subject} must not be empty` : `${subject} ${error.message}`;
    default:
      return `${subject} ${error.message}`;
  }
};

/** Of the errors of a union, the one furthest inside says most; a union of plain values is best told as a list. */
const chosen = (errors: readonly ErrorObject[]): ErrorObject => {
  const last = errors[errors.length - 1];
  if (last.keyword !== 'anyOf') return errors[0];
  const depth = (error: ErrorObject): number => error.instancePath.split('/').length;
  return errors.reduce((best, error) => (depth(error) > depth(best) ? error : best), last);
};

/** Quoted, short and without anything that could break a line of a log: keys may be the words of a stranger. */
const quoted = (key: string): string => JSON.stringify(key.length > 64 ? `${key.slice(0, 64)}…` : key);

const shown = (key: string): string => (/^[\w$.*/-]{1,64}$/.test(key) ? key : quoted(key));

/** `/input/features/3/default` → `input.features[3].default` */
const pathOf = (pointer: string, root: string): string =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce(
      (path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : path === '' ? shown(part) : `${path}.${shown(part)}`),
      root,
    );

const list = (values: readonly unknown[]): string => values.map((value) => JSON.stringify(value)).join(', ');

const article = (noun: string): string => (noun === 'null' ? noun : `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`);

const typeName = (type: string | readonly string[]): string => [type].flat().map(article).join(' or ');

const kindOf = (value: unknown): string =>
  value === null
    ? 'null'
    : value === Infinity || value === -Infinity
      ? 'an infinite one'
      : Number.isNaN(value)
        ? 'NaN'
        : Array.isArray(value)
          ? 'an array'
          : article(typeof value);
