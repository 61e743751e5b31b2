import { isUtf8 } from 'node:buffer';
import { parseTime } from '../base/clock.ts';
import { idProblem } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { compileSchema } from '../base/schema-check.ts';
import { suggest } from '../base/suggest.ts';
import { CATALOGUE, definitionOfType, EVENT_TYPES, type EventType } from './catalogue.ts';
import type { Event } from './event.ts';
import { isJson } from './media-type.ts';
import { type EventProblem, isTooDeep, payloadProblem, problem } from './payload.ts';
import { dataschemaOf } from './schemas/dataschema.ts';
import type { EventDefinition } from './schemas/definition.ts';
import { isUriReference } from './uri-reference.ts';

/** Who made an event: types that are Beckon's own are refused from outside. */
export type Maker = 'outside' | 'beckon';

/** Times are kept as u32 seconds, and 0 means "never": the first day and what overflows are left out. */
export const TIME_MIN_MS = Date.UTC(1970, 0, 2);
export const TIME_MAX_MS = Date.UTC(2100, 0, 1);
/** The event and its data. */
const DATA_DEPTH = 1;

const checks = new Map(CATALOGUE.map(({ type, schema }) => [type, compileSchema(schema, 'data')]));

/** Why data does not fit its type, or undefined. */
const dataProblem = (definition: EventDefinition<EventType>, data: object): EventProblem | undefined => {
  const found = payloadProblem(data, DATA_DEPTH);
  if (found !== undefined) return found;
  const message = checks.get(definition.type)!(data) ?? definition.problem?.(data as Record<string, unknown>);
  return message === undefined ? undefined : problem('EVENT_DATA_INVALID', message);
};

const shown = (text: string): string => JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);

/** The problem of a required attribute that is not a good id; called only where the fast test has failed. */
const attributeProblem = (name: string, value: unknown): EventProblem => {
  if (value === undefined || value === null)
    return problem('EVENT_ATTRIBUTE_MISSING', `the attribute ${name} is missing`);
  if (typeof value !== 'string') return problem('EVENT_ATTRIBUTE_INVALID', `${name} must be a string`);
  return problem('EVENT_ATTRIBUTE_INVALID', `${name} ${idProblem(value)}`);
};

const isId = (value: unknown): value is string => typeof value === 'string' && idProblem(value) === undefined;

const typeProblem = (type: unknown): EventProblem => {
  if (!isId(type)) return attributeProblem('type', type);
  const near = suggest(type, EVENT_TYPES);
  const hint = near === undefined ? '; GET /v1/events/types lists them' : `; did you mean ${near}?`;
  return problem('EVENT_TYPE_UNKNOWN', `there is no event type ${shown(type)}${hint}`);
};

const EXTENSION_NAME = /^[a-z0-9]{1,64}$/;

const extensionProblem = (name: string, value: unknown, count: number): EventProblem | undefined => {
  if (!EXTENSION_NAME.test(name))
    return problem('EVENT_ATTRIBUTE_INVALID', `the attribute name ${shown(name)} may only have a-z and 0-9`);
  if (count > LIMITS.extensionsMax)
    return problem('EVENT_ATTRIBUTE_INVALID', `an event has at most ${LIMITS.extensionsMax} extension attributes`);
  if (typeof value === 'string') {
    if (value.length === 0) return undefined;
    const bad = idProblem(value, LIMITS.extensionBytesMax);
    return bad === undefined ? undefined : problem('EVENT_ATTRIBUTE_INVALID', `${name} ${bad}`);
  }
  if (typeof value === 'boolean' || Number.isFinite(value)) return undefined;
  return isTooDeep(value)
    ? problem('JSON_TOO_DEEP', `${name} is nested deeper than ${LIMITS.jsonDepthMax} levels`)
    : problem('EVENT_ATTRIBUTE_INVALID', `${name} must be a string, a number or true or false`);
};

const encodedData = (text: unknown): unknown => {
  if (typeof text !== 'string' || !/^[\w+/-]*={0,2}$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  if (!isUtf8(bytes)) return undefined;
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
};

type Raw = Readonly<Record<string, unknown>>;

/** The attributes that few events carry. */
const rareProblem = (raw: Raw, type: EventType): EventProblem | undefined => {
  const { datacontenttype, dataschema, data_base64 } = raw;
  if (datacontenttype !== undefined && datacontenttype !== null) {
    if (typeof datacontenttype !== 'string' || !isJson(datacontenttype))
      return problem('EVENT_ATTRIBUTE_INVALID', 'datacontenttype must be JSON in UTF-8');
  }
  if (dataschema !== undefined && dataschema !== null) {
    if (typeof dataschema !== 'string') return problem('EVENT_ATTRIBUTE_INVALID', 'dataschema must be a string');
    if (dataschema !== dataschemaOf(type) && !dataschema.endsWith(`/v1/events/types#${type}`))
      return problem(
        'EVENT_SCHEMA_UNKNOWN',
        `the dataschema of ${type} is ${dataschemaOf(type)}, not ${shown(dataschema)}`,
      );
  }
  if (data_base64 !== undefined && data_base64 !== null && raw.data !== undefined)
    return problem('EVENT_ATTRIBUTE_INVALID', 'an event has data or data_base64, not both');
  return undefined;
};

/**
 * Reads one structured CloudEvent, parsed from JSON, without throwing.
 * An attribute that is null is one that is not there, as the JSON format of CloudEvents says; absent data is `{}`.
 */
export const readEvent = (value: unknown, maker: Maker = 'outside'): Event | EventProblem => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    if (isTooDeep(value))
      return problem('JSON_TOO_DEEP', `the body is nested deeper than ${LIMITS.jsonDepthMax} levels`);
    return problem('REQUEST_INVALID', 'an event must be a JSON object');
  }
  const raw = value as Raw;
  if (raw.specversion !== '1.0') {
    if (!isId(raw.specversion)) return attributeProblem('specversion', raw.specversion);
    return problem('EVENT_ATTRIBUTE_INVALID', `specversion must be 1.0, not ${shown(raw.specversion)}`);
  }
  const definition = definitionOfType(raw.type as string);
  if (definition === undefined) return typeProblem(raw.type);
  const { type } = definition;
  const { source, id, subject, time } = raw;
  if (!isId(source)) return attributeProblem('source', source);
  if (!isUriReference(source))
    return problem('EVENT_ATTRIBUTE_INVALID', `source must be a URI-reference, not ${shown(source)}`);
  if (!isId(id)) return attributeProblem('id', id);
  if (!isId(subject)) return attributeProblem('subject', subject);
  if (definition.madeByBeckon && maker === 'outside')
    return problem('EVENT_TYPE_RESERVED', `events of type ${type} are made by Beckon itself`);

  let timeMs = Number.NaN;
  if (time !== undefined && time !== null) {
    timeMs = typeof time === 'string' ? parseTime(time) : Number.NaN;
    if (Number.isNaN(timeMs)) return problem('EVENT_ATTRIBUTE_INVALID', 'time must be an RFC 3339 time');
    if (timeMs < TIME_MIN_MS || timeMs >= TIME_MAX_MS)
      return problem('EVENT_ATTRIBUTE_INVALID', 'time must be from 1970-01-02 to 2099-12-31');
  }

  let extensions: Record<string, string | number | boolean> | undefined;
  let extensionCount = 0;
  let rare = false;
  for (const name in raw) {
    switch (name) {
      case 'specversion':
      case 'type':
      case 'source':
      case 'id':
      case 'subject':
      case 'time':
      case 'data':
        continue;
      case 'datacontenttype':
      case 'dataschema':
      case 'data_base64':
        rare = true;
        continue;
    }
    const extension = raw[name];
    if (extension === null && name !== '__proto__') continue;
    const bad = extensionProblem(name, extension, ++extensionCount);
    if (bad !== undefined) return bad;
    extensions ??= {};
    extensions[name] = extension as string | number | boolean;
  }

  let { data } = raw;
  if (rare) {
    const bad = rareProblem(raw, type);
    if (bad !== undefined) return bad;
    if (raw.data_base64 !== undefined && raw.data_base64 !== null) {
      data = encodedData(raw.data_base64);
      if (data === undefined) return problem('EVENT_DATA_INVALID', 'data_base64 must be JSON in UTF-8, in base64');
    }
  }
  if (data === undefined) data = {};
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    if (isTooDeep(data)) return problem('JSON_TOO_DEEP', `data is nested deeper than ${LIMITS.jsonDepthMax} levels`);
    return problem('EVENT_DATA_INVALID', 'data must be a JSON object');
  }
  const bad = dataProblem(definition, data);
  if (bad !== undefined) return bad;
  return { type, source, id, subject, timeMs, data: data as Record<string, unknown>, extensions };
};

/** True where {@link readEvent} refused. */
export const isProblem = (result: Event | EventProblem): result is EventProblem => 'code' in result;
