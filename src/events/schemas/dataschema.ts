/** Version of the schemas; it rises when a field changes its meaning, which has not happened. */
const SCHEMA_VERSION = 1;

/** The `dataschema` of an event type. A URL that ends in `/v1/events/types#<type>` means the same. */
export const dataschemaOf = (type: string): string => `urn:beckon:event:${type}:${SCHEMA_VERSION}`;
