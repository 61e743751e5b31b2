/**
 * A process of its own that appends groups until it is killed or an append fails:
 * `append-child.ts LOG LEDGER BYTES`. Each group that was acknowledged is a line `offset count bytes` of the
 * ledger, synced before the next append, and then a dot on stdout.
 * When an append fails it tries three more, so small that they would succeed, prints their codes as JSON and exits with 3.
 */
import { fsyncSync, openSync, writeSync } from 'node:fs';
import { SqliteLog } from '../../src/log/sqlite-log.ts';
import { groupAt } from './groups.ts';

const [logPath, ledgerPath, bytesMax] = process.argv.slice(2);
const log = SqliteLog.open(logPath);
const ledger = openSync(ledgerPath, 'a');
const codes: string[] = [];

while (codes.length < 4) {
  const firstOffset = log.ends()[0];
  const count = codes.length > 0 ? 1 : 1 + (firstOffset % 97);
  const bytes = codes.length > 0 ? 10 : Math.ceil((Number(bytesMax) * count) / 97);
  try {
    await log.append(groupAt(firstOffset, count, bytes));
    if (codes.length > 0) throw new Error('acknowledged after a failure');
    writeSync(ledger, `${firstOffset} ${count} ${bytes}\n`);
    fsyncSync(ledger);
    writeSync(1, '.');
  } catch (error) {
    codes.push((error as { code?: string }).code ?? String(error));
  }
}
writeSync(1, JSON.stringify(codes));
process.exit(3);
