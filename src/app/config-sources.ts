import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { BeckonError } from '../base/errors.ts';
import { checkSchema } from '../base/schema-check.ts';
import { suggest } from '../base/suggest.ts';
import { parseYaml } from '../base/yaml.ts';
import { ConfigSchema, SETTINGS, type Setting } from './config-schema.ts';

/** Settings by key (`limits` nested) as one source gave them. */
type Given = Record<string, unknown>;

const invalid = (message: string, cause?: unknown): BeckonError =>
  new BeckonError('CONFIG_INVALID', message, { cause });

/** Told to the tests, not to the service. */
const TEST_PREFIX = 'BECKON_TEST_';

/** @throws BeckonError CONFIG_INVALID where a file that was asked for is missing, or is not a mapping of known keys. */
export const fromFile = (path: string | undefined, folder: string): Given => {
  const name = path ?? 'beckon.yaml';
  let text: string;
  try {
    text = readFileSync(resolve(folder, name), 'utf8');
  } catch (error) {
    if (path === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw invalid(`${name} cannot be read: ${(error as Error).message}`, error);
  }
  let value: unknown;
  try {
    value = parseYaml(text) ?? {};
  } catch (error) {
    throw invalid(`${name} is not valid YAML: ${(error as Error).message}`, error);
  }
  const problem = checkSchema(FILE_SCHEMA, value);
  if (problem !== undefined) throw invalid(`${name}: ${problem}`);
  return value as Given;
};

/** `checkSchema` names the path of a problem; every key may be left out of a file. */
const optional = (schema: { properties: object }) => ({
  type: 'object',
  additionalProperties: false,
  properties: schema.properties,
});
const FILE_SCHEMA = optional({
  properties: { ...ConfigSchema.properties, limits: optional(ConfigSchema.properties.limits) },
});

/** An empty variable counts as not set: compose files and charts pass those on. */
export const fromEnvironment = (environment: NodeJS.ProcessEnv): Given => {
  const given: Given = {};
  for (const [name, text] of Object.entries(environment)) {
    if (name.startsWith(TEST_PREFIX)) continue;
    const setting = SETTINGS.find((candidate) => candidate.variable === name);
    // Other programs have variables of their own about Kafka.
    if (setting === undefined && !name.startsWith('BECKON_')) continue;
    if (setting === undefined) throw unknown('environment variable', name, variables);
    if (text) given[setting.key] = parse(setting, text, name);
  }
  return given;
};

/** @param flags by their names without dashes, as `parseArgs` gives them; names that are no settings are passed over. */
export const fromFlags = (flags: Readonly<Record<string, unknown>>): Given => {
  const given: Given = {};
  for (const setting of SETTINGS) {
    const value = setting.flag === undefined ? undefined : flags[setting.flag];
    if (value !== undefined)
      given[setting.key] = typeof value === 'string' ? parse(setting, value, `--${setting.flag}`) : value;
  }
  return given;
};

const variables = SETTINGS.flatMap((setting) => (setting.variable === undefined ? [] : [setting.variable]));

const unknown = (what: string, name: string, known: readonly string[]): BeckonError => {
  const near = suggest(name, known);
  return invalid(`unknown ${what} ${name}${near === undefined ? '' : `; did you mean ${near}?`}`);
};

/** Nothing is guessed: `8080x`, `1e3` and `yes` are refused. */
const parse = (setting: Setting, text: string, origin: string): unknown => {
  const value = typed(setting.kind, text);
  if (value === undefined)
    throw invalid(`${origin} must be ${setting.kind === 'integer' ? 'a whole number' : 'true or false'}`);
  const problem = checkSchema({ type: 'object', properties: { [setting.key]: setting.schema } } as never, {
    [setting.key]: value,
  });
  if (problem !== undefined) throw invalid(`${origin}: ${problem}`);
  return value;
};

const typed = (kind: Setting['kind'], text: string): unknown => {
  if (kind === 'string') return text;
  if (kind === 'boolean') return text === 'true' ? true : text === 'false' ? false : undefined;
  return /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
};
