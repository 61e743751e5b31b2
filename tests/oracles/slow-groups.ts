import type { Question, WrittenSpec } from './question.ts';
import { inTime, numberAt, type Selection, type SlowEvent, secOf, select } from './slow-event.ts';

type Data = Readonly<Record<string, unknown>>;

const FIELD_OF_KEY: Readonly<Record<string, string>> = {
  campaign: 'campaignId',
  action: 'actionId',
  channel: 'channel',
  source: 'source',
  store: 'storeId',
  sku: 'sku',
};

/** What an event says of a profile attribute; undefined where it says nothing. */
const toldBy = ({ type, data }: SlowEvent, attribute: string): { value: unknown } | undefined => {
  const said =
    type === 'profile.updated'
      ? (data.attributes as Data)
      : (type === 'member.tier_changed' && attribute === 'tier') || (type === 'member.joined' && attribute === 'source')
        ? data
        : {};
  return attribute in said ? { value: said[attribute] } : undefined;
};

/** The latest value of a profile attribute, null where it was unset; undefined where nothing was ever told. */
export const attributeAt = (
  own: readonly SlowEvent[],
  attribute: string,
): { value: unknown; sec: number } | undefined => {
  const event = inTime(own.filter((one) => toldBy(one, attribute) !== undefined)).at(-1);
  return event === undefined ? undefined : { value: toldBy(event, attribute)!.value, sec: secOf(event) };
};

const keyable = (value: unknown): unknown =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;

/** The key of an event or a question, undefined where a part of it is not known. */
const keyOf = (by: readonly string[], part: (name: string) => unknown): string | undefined => {
  const values = by.map((name) => (name === 'everybody' ? 'everybody' : part(name)));
  return values.includes(undefined) ? undefined : JSON.stringify(values);
};

/**
 * What everybody's events add to the group that the question asks about. An order adds once for each of its lines
 * where the key has an sku. A customer's attribute is the one that was known when the event came.
 */
export const groupContributions = (
  spec: WrittenSpec,
  selection: Selection,
  question: Question,
): { sec: number; amount: number | undefined }[] => {
  const by = [spec.by!].flat() as string[];
  const known = (customer: string, until: number, attribute: string): unknown =>
    keyable(
      attributeAt(
        question.all.slice(0, until).filter((event) => event.customer === customer),
        attribute,
      )?.value,
    );
  const asked = keyOf(by, (name) =>
    name.startsWith('attribute:') ? known(question.customer, question.all.length, name.slice(10)) : question.keys[name],
  );
  if (asked === undefined) return [];
  const chosen = new Set(select(question.all, selection));
  return question.all.flatMap((event, position) => {
    if (!chosen.has(event)) return [];
    const parts: Data[] =
      by.includes('sku') && event.data.lines !== undefined ? (event.data.lines as Data[]) : [event.data];
    return parts.flatMap((part) => {
      const key = keyOf(by, (name) =>
        name.startsWith('attribute:')
          ? known(event.customer, position + 1, name.slice(10))
          : name === 'sku'
            ? part.sku
            : event.data[FIELD_OF_KEY[name]],
      );
      if (key !== asked) return [];
      return [{ sec: secOf(event), amount: spec.field === undefined ? 1 : numberAt(part, spec.field) }];
    });
  });
};
