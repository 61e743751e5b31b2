import type { Event } from '../../events/event.ts';
import { placesBut, rowAttributes } from './attributes.ts';
import { type ColumnNames, type Columns, decimal, findColumns, minorUnits, wrongColumns } from './columns.ts';
import { readRows } from './csv.ts';
import { ROW_INVALID, type Tally } from './tally.ts';
import type { TextFile } from './text-file.ts';

const NAMES: ColumnNames<'segment' | 'visit' | 'spend' | 'recency' | 'history'> = {
  recency: ['recency'],
  history: ['history'],
  segment: ['segment'],
  visit: ['visit'],
  spend: ['spend'],
};

/** The place of the row, what was drawn for the customer, and what came of it. */
const NOT_ATTRIBUTES = ['row', 'segment', 'visit', 'conversion', 'spend'];

/** The arms of the experiment and the action of each; nothing was sent to the last. */
const SEGMENTS: Readonly<Record<string, string | undefined>> = {
  'Mens E-Mail': 'mens_email',
  'Womens E-Mail': 'womens_email',
  'No E-Mail': undefined,
};

const PROFILE_MS = Date.UTC(2008, 2, 20, 15);
/** The drawing comes after the profile, so that a question between the two sees the one and not the other. */
const SENT_MS = PROFILE_MS + 1000;
const OUTCOME_MS = SENT_MS + 7 * 24 * 3600 * 1000;

/**
 * Kevin Hillstrom's e-mail challenge, as published or with a `row` column. A row is a customer of its own,
 * `email-<row>`. A visit is a click in every arm, also in the one without an e-mail: the comparison needs the visits of all.
 */
export async function* readHillstrom(file: TextFile, tally: Tally): AsyncGenerator<Event[]> {
  let header: readonly string[] | undefined;
  let columns: Columns<keyof typeof NAMES> | undefined;
  let rowColumn = -1;
  let keep: readonly number[] = [];
  let dataRow = 0;
  for await (const { rows, firstRow } of readRows(file, tally)) {
    const events: Event[] = [];
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      if (row.length === 0) continue;
      if (header === undefined || columns === undefined) {
        header = row;
        columns = findColumns(header, NAMES);
        if (columns === undefined) throw wrongColumns(file.path, header, [NAMES]);
        rowColumn = header.indexOf('row');
        keep = placesBut(header, NOT_ATTRIBUTES);
        continue;
      }
      tally.rowsRead++;
      const number = rowColumn < 0 ? String(dataRow) : row[rowColumn];
      dataRow++;
      const segment = row[columns.segment] ?? '';
      const visit = row[columns.visit];
      const cents = minorUnits(decimal(row[columns.spend]));
      if (
        !/^\d+$/.test(number) ||
        !Object.hasOwn(SEGMENTS, segment) ||
        (visit !== '0' && visit !== '1') ||
        !(cents >= 0)
      ) {
        tally.reject(ROW_INVALID, 1, `${file.path} row ${firstRow + i}: row, segment, visit or spend is not one`);
        continue;
      }
      const attributes = rowAttributes(row, header, keep, 'America/New_York');
      push(events, number, attributes, SEGMENTS[segment], visit === '1', cents);
    }
    yield events;
  }
  if (columns === undefined) throw wrongColumns(file.path, [], [NAMES]);
}

const push = (
  events: Event[],
  row: string,
  attributes: Record<string, string | number>,
  actionId: string | undefined,
  visit: boolean,
  cents: number,
): void => {
  const subject = `email-${row}`;
  const event = (type: Event['type'], id: string, timeMs: number, data: Event['data']): void => {
    events.push({
      type,
      source: 'beckon:replay/hillstrom',
      id: `${row}/${id}`,
      subject,
      timeMs,
      data,
      extensions: undefined,
    });
  };
  event('identity.linked', 'alias', PROFILE_MS, { alias: `email:${subject}` });
  event('consent.granted', 'consent', PROFILE_MS, { channel: 'email' });
  event('profile.updated', 'profile', PROFILE_MS, { attributes });
  const contact = { channel: 'email', contactId: subject, actionId, campaignId: 'hillstrom' };
  if (actionId !== undefined) event('contact.sent', 'sent', SENT_MS, contact);
  if (visit) event('contact.clicked', 'visit', OUTCOME_MS, contact);
  if (cents > 0) event('order.placed', 'order', OUTCOME_MS, { orderId: subject, amount: cents / 100 });
};
