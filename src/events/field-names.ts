/**
 * Names of fields as they stand in the log: one byte, the position here, instead of the name. A position is fixed for
 * ever: names are added at the end, and none is taken away.
 */
export const FIELD_NAMES: readonly string[] = [
  ...['orderId', 'amount', 'discount', 'couponId', 'storeId', 'surface', 'lines', 'sku', 'quantity', 'price'],
  ...['category', 'supplyDays', 'decisionId', 'campaignId', 'staffId', 'faceValue', 'expiresAt', 'source', 'tier'],
  ...['value', 'dwellSeconds', 'query', 'contentId', 'topic', 'seconds', 'sessionId', 'groupId', 'channel', 'kind'],
  ...['item', 'contactId', 'actionId', 'sendAt', 'key', 'bodyHash', 'callId', 'agentId', 'token', 'leaseExpiresAt'],
  ...['disposition', 'talkSeconds', 'hangupBy', 'callbackAt', 'optOut', 'intent', 'ticketId', 'csat', 'sentiment'],
  ...['complaint', 'alias', 'purpose', 'proof', 'attributes', 'timezone', 'region', 'birthday', 'gender'],
  ...['storeDistanceKm', 'tags', 'tagsAdded', 'tagsRemoved', 'list', 'member', 'until', 'margin', 'signature'],
  ...['capacityPerDay', 'skills', 'name', 'version', 'sha256'],
];

/** Stands before a name that is written out. Positions stay below it. */
export const NAME_WRITTEN_OUT = 255;

/** Position of each name. */
export const FIELD_CODES: ReadonlyMap<string, number> = new Map(FIELD_NAMES.map((name, code) => [name, code]));
