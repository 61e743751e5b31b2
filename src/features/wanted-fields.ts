import { FIELD_CODES } from '../events/field-names.ts';
import type { FeatureSpec } from './kind.ts';

/** Ids and texts that no kind reads by itself: only a feature that names them wants them. */
const WANTED_BY_NAME = [
  ...['orderId', 'surface', 'couponId', 'decisionId', 'staffId', 'agentId', 'ticketId', 'sessionId'],
  ...['groupId', 'contentId', 'query', 'proof', 'token', 'bodyHash', 'sha256'],
];
const CODES = 256;

/**
 * Which fields of events are made values when events are applied: most ids are unlike all others, and to make a text of
 * one costs as much as applying two features.
 * @returns by the position of a field's name in the log, 0 for one that is not wanted
 */
export const wantedFieldsOf = (specs: readonly FeatureSpec[]): Uint8Array => {
  const wanted = new Uint8Array(CODES).fill(1);
  const words = new Set(JSON.stringify(specs).split(/\W+/));
  for (const name of WANTED_BY_NAME) if (!words.has(name)) wanted[FIELD_CODES.get(name)!] = 0;
  return wanted;
};
