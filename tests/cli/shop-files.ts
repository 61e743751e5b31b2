import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { cloudEvent } from '../support/cloud-event.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** Features and labels for tests of commands. */
export const SHOP = {
  features: [
    { name: 'orders', kind: 'count', event: 'order.placed', unit: 'orders' },
    { name: 'paid', kind: 'sum', event: 'order.placed', field: 'amount', unit: 'money' },
    { name: 'fading', kind: 'decayed', event: 'order.placed', halfLife: '10d', unit: 'orders' },
    { name: 'everybody', kind: 'decayed', event: 'order.placed', by: 'everybody', halfLife: '7d', unit: 'orders' },
  ],
  labels: [{ name: 'buys5d', event: 'order.placed', within: '5d' }],
} as const;

/** A purchase of a customer on a day of January 2024. */
export const order = (subject: string, day: number, amount: number): Record<string, unknown> =>
  cloudEvent({
    id: `${subject}-${day}`,
    subject,
    time: `2024-01-${String(day).padStart(2, '0')}T12:00:00Z`,
    data: { orderId: `${subject}-${day}`, amount },
  });

/** A file with one event a line. @returns its path */
export const eventsFile = (t: TestContext, events: readonly Record<string, unknown>[]): string => {
  const path = join(tempFolder(t), 'events.jsonl');
  writeFileSync(path, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  return path;
};

/** A data directory that is not there yet. */
export const dataDirOf = (t: TestContext): string => join(tempFolder(t), 'data');
