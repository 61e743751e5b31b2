/**
 * What users would take instead, side by side on one core with the same model and client: `node bench/peers/run.ts [--only NAME]
 * [--python python3] [--pairs 3] [--seconds 3] [--customers 10000]`. Installs what it needs below `bench/reports/peers`, leaves
 * out what cannot run here and says so. Writes `bench/reports/peers.json`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Bench, REPORTS } from '../bench.ts';
import { machine } from '../machine.ts';
import { placement } from '../placement.ts';
import { FULL } from '../size.ts';
import { numbersOf, tensorBody } from '../traffic/row-traffic.ts';
import { measurePeer, type PeerResult } from './measure.ts';
import { writePeersModel } from './model.ts';
import { PEERS, type Peer, RunningPeer } from './peer.ts';
import { peerTable } from './peer-table.ts';

const FOLDER = join(REPORTS, 'peers');
const PORT = 18_700;
const PORTS_EACH = 10;

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    python: { type: 'string', default: 'python3' },
    pairs: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    customers: { type: 'string', default: '10000' },
  },
});
const customers = Number(values.customers);
const sampleMs = Number(values.seconds) * 1000;
const size = {
  ...FULL,
  pairs: Number(values.pairs),
  sampleMs,
  warmUpMs: sampleMs / 2,
  customers,
  orders: 2 * customers,
};
const isWanted = ({ name }: Peer): boolean =>
  values.only.length === 0 || values.only.some((text) => name.toLowerCase().includes(text.toLowerCase()));

const startMs = performance.now();
const say = (line: string): void => {
  process.stderr.write(`${((performance.now() - startMs) / 1000).toFixed(0).padStart(5)} s  ${line}\n`);
};

interface Golden {
  readonly rows: readonly (readonly number[])[];
  readonly expected: readonly (readonly number[])[];
}

/** Peers write float32 as text in their own ways. */
const TOLERANCE = 1e-5;

const where = placement();
const on = machine();
mkdirSync(FOLDER, { recursive: true });
const { pack, bundle } = writePeersModel(join(FOLDER, 'pack'));
process.env.BECKON_PACK = pack;
/** @throws Error where a peer scores the model's golden rows otherwise than they are to be */
const checkGolden = async ({ form, path, name }: Peer, url: string): Promise<void> => {
  if (form === 'feast') return;
  const { rows, expected } = JSON.parse(readFileSync(join(bundle, 'golden.json'), 'utf8')) as Golden;
  const body =
    form === 'rows' ? JSON.stringify({ rows }) : tensorBody(rows.flat().join(','), rows.length, rows[0].length);
  const answer = await fetch(url + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const numbers = numbersOf(form, await answer.text());
  const wrong = expected.flat().findIndex((value, i) => !(Math.abs(value - numbers[i]) <= TOLERANCE));
  if (wrong >= 0) throw new Error(`${name} answers ${numbers[wrong]} where the model says ${expected.flat()[wrong]}`);
};

const bench = new Bench(size, where);
const results: PeerResult[] = [];
const leftOut: string[] = [];
const failures: string[] = [];
try {
  for (const [i, peer] of PEERS.entries()) {
    if (!isWanted(peer)) continue;
    say(peer.name);
    const port = PORT + i * PORTS_EACH;
    const model = join(bundle, 'model.onnx');
    const place = { model, port, besidePort: port + 5, folder: FOLDER, python: values.python, customers };
    let running: RunningPeer;
    try {
      running = await RunningPeer.start(peer, place, where.serverCore);
    } catch (error) {
      leftOut.push(`${peer.name}: ${(error as Error).message}`);
      continue;
    }
    try {
      await checkGolden(peer, running.url);
      results.push(await measurePeer(bench, peer, running, bundle, say));
    } catch (error) {
      failures.push(`${peer.name}: ${(error as Error).message}`);
    } finally {
      await running.stop();
    }
  }
} finally {
  await bench.close();
}

const loadAverageAtEnd = Number(loadavg()[0].toFixed(2));
const report = { machine: on, loadAverageAtEnd, placement: where.text, size, results, leftOut };
writeFileSync(join(REPORTS, 'peers.json'), `${JSON.stringify(report, undefined, 2)}\n`);
process.stdout.write(`
${peerTable(results)}

${leftOut.map((text) => `left out: ${text}\n`).join('')}commit ${on.commit} · Node ${on.node} · ${on.cores} × ${on.cpu} · ${where.text}
load average ${on.loadAverage} at the start, ${loadAverageAtEnd} at the end
`);
for (const text of failures) process.stderr.write(`\nFAILED: ${text}\n`);
if (failures.length > 0) process.exitCode = 1;
