import { SqliteLog } from '../../src/log/sqlite-log.ts';

/** Begins to replace every third record of a log, and dies after the groups that it was told. */
const [path, groups] = process.argv.slice(2);
const log = SqliteLog.open(path);
const records = new Map<number, Uint8Array>();
for (let offset = 0; offset < log.ends()[0]; offset += 3) records.set(offset, Uint8Array.of(5, 0, 0, 0, 120));
let left = Number(groups);
await log.rewrite(records, async () => {
  if (--left === 0) process.kill(process.pid, 'SIGKILL');
});
