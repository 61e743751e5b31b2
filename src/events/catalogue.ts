import type { Static } from 'typebox';
import { BEHAVIOUR_EVENTS } from './schemas/behaviour.ts';
import { BUSINESS_EVENTS } from './schemas/business.ts';
import { CONTACT_EVENTS } from './schemas/contacts.ts';
import { CUSTOMER_EVENTS } from './schemas/customers.ts';
import type { EventDefinition } from './schemas/definition.ts';
import { ORDER_EVENTS } from './schemas/orders.ts';

const FAMILIES = [
  ...ORDER_EVENTS,
  ...BEHAVIOUR_EVENTS,
  ...CONTACT_EVENTS,
  ...CUSTOMER_EVENTS,
  ...BUSINESS_EVENTS,
] as const;

type Definition = (typeof FAMILIES)[number];

export type EventType = Definition['type'];

/** What the data of each type may hold, by its schema. */
export type EventData = { [D in Definition as D['type']]: Static<D['schema']> };

/** Every event type there is, families one after another. */
export const CATALOGUE: readonly EventDefinition<EventType>[] = FAMILIES;

const byType = new Map<string, EventDefinition<EventType>>();
const byCode: EventDefinition<EventType>[] = [];
for (const definition of CATALOGUE) {
  if (byType.has(definition.type)) throw new Error(`event type ${definition.type} is in the catalogue twice`);
  if (byCode[definition.code] !== undefined) throw new Error(`event code ${definition.code} is in the catalogue twice`);
  byType.set(definition.type, definition);
  byCode[definition.code] = definition;
}

export const EVENT_TYPES: readonly EventType[] = CATALOGUE.map((definition) => definition.type);

export const definitionOfType = (type: string): EventDefinition<EventType> | undefined => byType.get(type);

/** @param code as it stands in the log. */
export const definitionOfCode = (code: number): EventDefinition<EventType> | undefined => byCode[code];
