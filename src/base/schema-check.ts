import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { TSchema } from 'typebox';
import { suggest } from './suggest.ts';

/** The door of Ajv for what people write by hand (configuration, packs, manifests). Events have their own, faster one. */
const ajv = new Ajv({ strict: false, verbose: true });
const compiled = new WeakMap<TSchema, ValidateFunction>();

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

const describe = (errors: readonly ErrorObject[]): string => {
  const error = chosen(errors);
  const path = pathOf(error.instancePath);
  const subject = path === '' ? 'the document' : path;
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
      return `${subject} has an unknown key "${key}"${near === undefined ? '' : `; did you mean "${near}"?`}`;
    }
    case 'const':
      return `${subject} must be ${JSON.stringify(params.allowedValue)}`;
    case 'enum':
      return `${subject} must be one of ${list(params.allowedValues)}`;
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

/** `/input/features/3/default` → `input.features[3].default` */
const pathOf = (pointer: string): string =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : path === '' ? part : `${path}.${part}`), '');

const list = (values: readonly unknown[]): string => values.map((value) => JSON.stringify(value)).join(', ');

const article = (noun: string): string => (noun === 'null' ? noun : `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`);

const typeName = (type: string | readonly string[]): string => [type].flat().map(article).join(' or ');

const kindOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'an array' : article(typeof value);
