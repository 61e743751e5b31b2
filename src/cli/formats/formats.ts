import { readBank } from './bank.ts';
import { readCdnow } from './cdnow.ts';
import { checked } from './checked.ts';
import { readCloudEvents } from './cloudevents.ts';
import type { Format } from './format.ts';
import { readHillstrom } from './hillstrom.ts';
import { readOnlineRetail } from './online-retail.ts';

/** Every event that comes out fits the schema of its type: some formats see to it by themselves, which is faster. */
export const FORMATS: Readonly<Record<string, Format>> = {
  'online-retail': readOnlineRetail,
  bank: checked(readBank),
  hillstrom: checked(readHillstrom),
  cdnow: readCdnow,
  cloudevents: readCloudEvents,
};
