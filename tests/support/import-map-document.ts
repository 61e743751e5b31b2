import { FIELD_SCHEMA, IMPORT_MAP_SCHEMA } from '../../src/cli/import/map-schema.ts';

/** The schema of a map for `beckon import`, for editors. A field may stand in some fifty places: it is written once. */
export const importMapSchema = (): string => {
  const field = JSON.stringify(FIELD_SCHEMA);
  const schema = JSON.stringify(IMPORT_MAP_SCHEMA, (_key, value: unknown) =>
    JSON.stringify(value) === field ? { $ref: '#/definitions/field' } : value,
  );
  const document = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'a map for beckon import',
    ...JSON.parse(schema),
    definitions: { field: FIELD_SCHEMA },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
};
