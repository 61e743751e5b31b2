import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { BeckonError } from '../base/errors.ts';
import type { Command, CommandArgs, CommandIo } from './command.ts';
import { configOptions } from './config-options.ts';
import type { TextFile } from './formats/text-file.ts';
import type { ImportMap } from './import/map-schema.ts';
import type { ReplaySink } from './replay-sink.ts';

export const command: Command = {
  usage: 'import FILE… --map MAP.yaml [--dry-run] [--errors FILE] [--url http://HOST:PORT]',
  description: `Turns the rows of a CSV file of yours into events (orders, profiles, consents, tags, lists, aliases) and writes
them into the data directory, on which no service may run then, or with --url sends them to a service. MAP.yaml says
what the columns mean: see docs/import.md. Files may be gzipped.

A row that cannot be used is told with its line, its column and the reason, and does not hold up the rest. The same
file gives the same event ids, so a second import is all duplicates. It ends with a table of what became of the rows.`,
  options: {
    map: { type: 'string', value: 'FILE', help: 'What the columns mean' },
    'dry-run': { type: 'boolean', help: 'Check every row and write nothing; exit code 1 where one cannot be used' },
    errors: { type: 'string', value: 'FILE', help: 'Write all errors there as CSV: file, line, column, why' },
    url: { type: 'string', value: 'URL', help: 'Post to this service instead of writing here' },
    ...configOptions(['dataDir', 'pack', 'clock', 'logLevel']),
  },
  async run(args, io) {
    const map = await readMapFile(args, io);
    const files = await openFiles(args, io, map);
    const { Tally } = await import('./formats/tally.ts');
    const { importFormat } = await import('./import/import-format.ts');
    const { Problems } = await import('./import/problems.ts');
    const { startProgress } = await import('./progress.ts');
    const { runReplay } = await import('./replay-run.ts');
    const isDry = args.values['dry-run'] === true;
    const { errors } = args.values;
    const tally = new Tally();
    const problems = new Problems(typeof errors === 'string' ? resolve(io.folder, errors) : undefined);
    const sink = isDry ? nowhere : await (await import('./replay-target.ts')).openReplaySink(args, io);
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    const progress = startProgress(io, 'import', bytes, 'events');
    const startMs = performance.now();
    const format = importFormat(map, problems);
    const plan = { files, format, untilMs: Number.POSITIVE_INFINITY, speed: undefined, sink, tally, progress };
    try {
      await runReplay(plan);
    } finally {
      progress.stop();
      await sink.close();
      await problems.close();
      for (const problem of problems.shown) io.stderr.write(`${problem}\n`);
      const more = problems.count - problems.shown.length;
      if (more > 0) io.stderr.write(`and ${more} more; --errors FILE writes them all\n`);
      const { replayReport } = await import('./replay-report.ts');
      const report = replayReport(tally, performance.now() - startMs);
      io.stdout.write(isDry ? `dry run: nothing was written\n${withoutOutcome(report)}` : report);
    }
    if (isDry) return tally.rejected.size > 0 ? 1 : 0;
    // Nothing but refusals: the wrong map, or the wrong service.
    return tally.rejected.size > 0 && tally.accepted + tally.duplicates === 0 ? 1 : 0;
  },
};

/** Where the events of a dry run go. */
const nowhere: ReplaySink = {
  batchEventsMax: 10_000,
  inFlightMax: 1,
  submit: async () => ({ accepted: 0, duplicates: 0, rejected: {} }),
  close: async () => {},
};

/** What became of events is not known when none is sent. */
const withoutOutcome = (report: string): string => report.replace(/^(accepted|duplicates) .*\n/gm, '');

/** @throws BeckonError USAGE, FILE_UNREADABLE */
const readMapFile = async (args: CommandArgs, io: CommandIo): Promise<ImportMap> => {
  const { map } = args.values;
  if (typeof map !== 'string') throw new BeckonError('USAGE', '--map MAP.yaml is missing; see docs/import.md');
  const { readMap } = await import('./import/map.ts');
  const path = resolve(io.folder, map);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new BeckonError('FILE_UNREADABLE', `${path}: ${(error as Error).message}`, { cause: error });
  }
  return readMap(basename(path), text);
};

/** All are opened before the first event goes out, so that a misspelt name stops the import before it begins. */
const openFiles = async (args: CommandArgs, io: CommandIo, map: ImportMap): Promise<TextFile[]> => {
  if (args.positionals.length === 0) throw new BeckonError('USAGE', 'no file given; see beckon import --help');
  const { openText } = await import('./formats/text-file.ts');
  const files: TextFile[] = [];
  for (const path of args.positionals) files.push(await openText(resolve(io.folder, path), map.encoding));
  return files;
};
