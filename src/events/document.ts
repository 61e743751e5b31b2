import type { TSchema } from 'typebox';
import { CATALOGUE } from './catalogue.ts';
import { dataschemaOf } from './schemas/dataschema.ts';

interface ObjectSchema {
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, TSchema & ObjectSchema & { readonly items?: ObjectSchema }>>;
}

/** `**orderId**, discount, lines[{**sku**, price}]`: required fields in bold. */
const fieldsOf = (schema: ObjectSchema): string => {
  const fields: string[] = [];
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const label = schema.required?.includes(name) ? `**${name}**` : name;
    if (field.items?.properties !== undefined) fields.push(`${label}[{${fieldsOf(field.items)}}]`);
    else if (Object.keys(field.properties ?? {}).length > 0) fields.push(`${label} {${fieldsOf(field)}, …}`);
    else fields.push(field.items === undefined ? label : `${label}[]`);
  }
  return fields.join(', ');
};

/** The catalogue as a table in Markdown. */
export const eventsTable = (): string => {
  const rows = CATALOGUE.map(({ type, madeByBeckon, description, schema }) => {
    const note = madeByBeckon ? ' Made by Beckon.' : '';
    return `| \`${type}\` | ${fieldsOf(schema as ObjectSchema)} | ${description}${note} |`;
  });
  return ['| type | data (required in **bold**) | what happened |', '|---|---|---|', ...rows].join('\n');
};

/** Body of `GET /v1/events/types`. */
interface EventTypesAnswer {
  readonly types: readonly {
    readonly type: string;
    readonly description: string;
    readonly madeByBeckon: boolean;
    readonly dataschema: string;
    /** JSON Schema of `data`. */
    readonly schema: object;
  }[];
}

export const eventTypesAnswer = (): EventTypesAnswer => ({
  types: CATALOGUE.map(({ type, description, madeByBeckon, schema }) => ({
    type,
    description,
    madeByBeckon,
    dataschema: dataschemaOf(type),
    schema,
  })),
});
