/** A process of its own that opens a data directory, says so, and keeps it until it is killed. */
import { DataDir } from '../../src/state/data-dir.ts';

const dir = DataDir.open(process.argv[2], { shards: 16, pack: 'retail', nowMs: 0 });
process.stdout.write('opened');
setInterval(() => dir.meta, 60_000);
