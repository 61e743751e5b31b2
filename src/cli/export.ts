import { resolve } from 'node:path';
import { BeckonError } from '../base/errors.ts';
import { suggest } from '../base/suggest.ts';
import type { Export, Moments } from '../learning/export.ts';
import type { RowEncoder } from '../learning/row-encoder.ts';
import type { SaidColumn } from '../learning/said-columns.ts';
import type { Label } from '../packs/labels.ts';
import type { Command, CommandArgs, CommandIo } from './command.ts';
import { configOptions } from './config-options.ts';
import { findLog, LOG_OPTION } from './data-folder.ts';
import { type MomentOptions, readMoments } from './moments.ts';

export const command: Command = {
  usage: 'export [--at TIME,…] [--at-every 7d --from TIME --to TIME] [--at-event TYPE] [--labels NAME,…] [--out FILE]',
  description: `Writes customers' features as they were at past moments, as CSV or Parquet: customerId, at, every feature of the
pack, labels. The log is replayed through the code that serves. The features of a moment know every event before it; a
label is 1 where its event came from the moment on and within the label's time and was not taken back, 0 where none
came, and empty where the log ends before that is certain. Rows are in the order of time, then of the ids' bytes.

Moments are times, at which every customer has a row from the first event on, or events of a type, at which their
customer has one. Without any, those of the pack's labels.yaml.

The log is only read: a service may run on it, and what it has when the export begins is exported.`,
  options: {
    at: { type: 'string', value: 'TIME,…', help: 'Moments (2011-06-11 or RFC 3339)' },
    'at-every': { type: 'string', value: 'DURATION', help: 'A moment each 7d, 12h … from --from to --to' },
    'at-event': { type: 'string', value: 'TYPE', help: 'A moment at each event of the type, such as contact.sent' },
    from: { type: 'string', value: 'TIME', help: 'First moment of --at-every or --at-event' },
    to: { type: 'string', value: 'TIME', help: 'Last moment of them, at most' },
    labels: { type: 'string', value: 'NAME,…', help: 'Labels of the pack to write; all of them without it' },
    where: {
      type: 'string',
      multiple: true,
      value: 'CONDITION',
      help: "Only rows for which it holds, such as 'orders>=1'",
    },
    out: { type: 'string', value: 'FILE', help: 'Where to write; - or nothing is stdout' },
    format: { type: 'string', value: 'csv|parquet', help: 'Form of the rows; by the ending of --out without it' },
    ...LOG_OPTION,
    ...configOptions(['dataDir', 'pack']),
  },
  async run(args, io) {
    const format = chooseFormat(args.values.format, args.values.out);
    const { loadConfig } = await import('../app/config.ts');
    const { dedupeWindows, makeStateMemory, viewState } = await import('../app/shared-state.ts');
    const { setLimits } = await import('../base/limits.ts');
    const { parseCondition } = await import('../learning/condition.ts');
    const { Export: Exporter } = await import('../learning/export.ts');
    const { SqliteLog } = await import('../log/sqlite-log.ts');
    const { packInForce } = await import('../app/pack-in-force.ts');
    const { compilePack, loadPack } = await import('../packs/pack.ts');
    const { startProgress } = await import('./progress.ts');
    const config = loadConfig({ flags: args.values, environment: io.environment, folder: io.folder });
    setLimits(config.limits);
    // A copy of a log comes without the packs that were applied to it.
    const pack =
      args.values.log === undefined ? compilePack((await packInForce(config)).source) : loadPack(config.pack);
    const moments = readMoments(args.values as MomentOptions, pack.moment);
    const labels = chooseLabels(args.values.labels as string | undefined, pack.labels, moments);
    const where = (args.values.where ?? []) as string[];
    const conditions = where.map((text) => parseCondition(text, pack.featureNames));
    const { path, shards } = findLog(args, config.dataDir, io);
    const log = SqliteLog.openReadOnly(path);
    const reading = startProgress(io, 'reading', log.ends()[0], 'events');
    try {
      const { tables } = viewState(pack, makeStateMemory(pack, shards));
      const parts = {
        log,
        plan: pack.plan,
        tables,
        dedupe: dedupeWindows(pack, tables),
        labels,
        conditions,
        moments,
      };
      const read = await Exporter.read(parts, (events) => reading.update(events, events));
      reading.stop();
      await write(read, await makeEncoder(format, read.said, pack.featureNames, labels), args, io);
    } finally {
      reading.stop();
      await log.close();
    }
    return 0;
  },
};

/** Rows between two looks at the progress. */
const PROGRESS_ROWS = 1000;

const write = async (read: Export, encoder: RowEncoder, args: CommandArgs, io: CommandIo): Promise<void> => {
  const { ExportFile } = await import('./export-file.ts');
  const { startProgress } = await import('./progress.ts');
  const { out } = args.values;
  const file = new ExportFile(typeof out === 'string' && out !== '-' ? resolve(io.folder, out) : undefined, io.stdout);
  const writing = startProgress(io, 'writing', read.rowsMax, 'rows');
  let rows = 0;
  try {
    for (const row of read.rows()) {
      if (++rows % PROGRESS_ROWS === 0) writing.update(read.rowsSeen, rows);
      const piece = encoder.add(row);
      // Awaiting every row would cost more than writing it.
      if (piece !== undefined) await file.write(piece);
    }
    await file.write(encoder.end());
    await file.end();
  } catch (error) {
    file.abandon();
    throw error;
  } finally {
    writing.stop();
  }
};

const FORMATS = ['csv', 'parquet'] as const;
type RowFormat = (typeof FORMATS)[number];

const chooseFormat = (asked: unknown, out: unknown): RowFormat => {
  if (asked === undefined) return typeof out === 'string' && /\.parquet$/i.test(out) ? 'parquet' : 'csv';
  const format = FORMATS.find((known) => known === asked);
  if (format === undefined) throw new BeckonError('USAGE', `--format must be csv or parquet, not ${asked}`);
  return format;
};

const makeEncoder = async (
  format: RowFormat,
  said: readonly SaidColumn[],
  features: readonly string[],
  labels: readonly Label[],
): Promise<RowEncoder> => {
  const names = labels.map(({ name }) => name);
  if (format === 'csv') return new (await import('../learning/csv.ts')).CsvEncoder(said, features, names);
  return new (await import('../learning/parquet.ts')).ParquetEncoder(said, features, names);
};

/** Labels that have a field in common with the pack's own moments are for those only. */
const chooseLabels = (wanted: string | undefined, declared: readonly Label[], { said }: Moments): readonly Label[] => {
  const fits = ({ same }: Label): boolean => same === undefined || said !== undefined;
  if (wanted === undefined) return declared.filter(fits);
  const names = declared.map(({ name }) => name);
  return wanted
    .split(',')
    .filter((name) => name !== '')
    .map((name) => {
      const label = declared.find((candidate) => candidate.name === name);
      if (label !== undefined && fits(label)) return label;
      if (label !== undefined)
        throw new BeckonError('USAGE', `the label ${name} is for the moments of labels.yaml: give no others`);
      const near = suggest(name, names);
      const hint = near === undefined ? `it has ${names.join(', ') || 'none'}` : `did you mean ${near}?`;
      throw new BeckonError('USAGE', `the pack has no label ${name}; ${hint}`);
    });
};
