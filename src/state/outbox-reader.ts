import { BeckonError } from '../base/errors.ts';
import { type Database, openDatabase, type Statement } from '../log/sqlite.ts';

const LOCK_TIMEOUT_MS = 1000;

/** A message as it goes out. */
export interface OutgoingMessage {
  readonly cursor: number;
  readonly type: string;
  /** The customer's own id. */
  readonly customer: string;
  /** The campaign that it is about, and the one that the customer's decision was of before; null for none. */
  readonly campaign: string | null;
  readonly campaignBefore: string | null;
  /** JSON, with the cursor. */
  readonly text: string;
  /** Of what caused it, as `headersText` has written them; null for none. */
  readonly headers: string | null;
}

/** Some messages behind a cursor. */
export interface OutPage {
  /** In order. */
  readonly messages: readonly OutgoingMessage[];
  /** Where to go on. */
  readonly next: number;
  /** Whether more may be there already. */
  readonly more: boolean;
}

interface MessageRow {
  readonly cursor: number;
  readonly customer: string;
  readonly campaign: string | null;
  readonly campaign_before: string | null;
  readonly body: string;
  readonly headers: string | null;
}

/** The reading side of an outbox that another thread writes. */
export class OutboxReader {
  private readonly db: Database;
  private readonly page: Statement;
  private readonly ends: Statement;

  /** @param path of an outbox that was made. @throws BeckonError STREAM_UNAVAILABLE */
  constructor(path: string) {
    try {
      this.db = openDatabase(path, { timeoutMs: LOCK_TIMEOUT_MS, readOnly: true });
      this.page = this.db.prepare(
        'SELECT cursor, customer, campaign, campaign_before, body, headers FROM message WHERE cursor > ? ORDER BY cursor LIMIT ?',
      );
      this.ends = this.db.prepare(
        "SELECT trimmed, (SELECT seq FROM sqlite_sequence WHERE name = 'message') AS newest FROM progress",
      );
    } catch (error) {
      throw new BeckonError('STREAM_UNAVAILABLE', 'the stream cannot be read now', { cause: error });
    }
  }

  /** The cursor of the newest message ever, 0 where none was; and up to where messages are kept no longer. */
  bounds(): { readonly newest: number; readonly trimmed: number } {
    const { newest, trimmed } = this.ends.get() as { newest: number | null; trimmed: number };
    return { newest: newest ?? 0, trimmed };
  }

  /**
   * @param rows that are looked at, at most
   * @throws BeckonError CURSOR_EXPIRED; REQUEST_INVALID where the cursor was never given out
   */
  after(cursor: number, rows: number): OutPage {
    const { newest, trimmed } = this.bounds();
    if (cursor > newest)
      throw new BeckonError('REQUEST_INVALID', `after: ${cursor} was never given out; the newest is ${newest}`, {
        details: { newest },
      });
    if (cursor < trimmed)
      throw new BeckonError(
        'CURSOR_EXPIRED',
        `what came after ${cursor} is kept no longer; go on after ${trimmed}, and score whom you may have missed`,
        { details: { oldest: trimmed } },
      );
    const found = this.page.all(cursor, rows) as unknown as MessageRow[];
    return {
      messages: found.map((row) => ({
        cursor: row.cursor,
        type: typeOf(row.body),
        customer: row.customer,
        campaign: row.campaign,
        campaignBefore: row.campaign_before,
        text: `{"cursor":${row.cursor},${row.body.slice(1)}`,
        headers: row.headers,
      })),
      next: found.at(-1)?.cursor ?? cursor,
      more: found.length === rows,
    };
  }

  close(): void {
    this.db.close();
  }
}

/** Whether a message is about a campaign, or about a customer whose decision was of it before. */
export const isOfCampaign = ({ campaign, campaignBefore }: OutgoingMessage, asked: string): boolean =>
  campaign === asked || campaignBefore === asked;

const TYPE = /^\{"type":"([a-z.]+)"/;

/** Every body begins with its type. */
const typeOf = (body: string): string => TYPE.exec(body)?.[1] ?? 'message';
