import { resolve } from 'node:path';
import { parseTime } from '../base/clock.ts';
import { BeckonError } from '../base/errors.ts';
import { suggest } from '../base/suggest.ts';
import type { Command, CommandArgs, CommandIo } from './command.ts';
import { configOptions } from './config-options.ts';
import type { TextFile } from './formats/text-file.ts';
import { openReplaySink } from './replay-target.ts';

export const command: Command = {
  usage: 'replay FILE… --format FORMAT [--until TIME] [--speed N] [--url http://HOST:PORT]',
  description: `Turns the rows of files into events and sends them to a service, or without --url writes them into the data
directory, on which no service may run then. Files may be gzipped; columns are found by name. The same file gives
the same event ids, so a second replay is all duplicates. It ends with a table of what became of the rows.

Formats: online-retail, bank, hillstrom, cdnow, cloudevents (one JSON event a line).`,
  options: {
    format: { type: 'string', value: 'FORMAT', help: 'What the files are' },
    until: { type: 'string', value: 'TIME', help: 'Leave out events from this time on (2011-06-11 or RFC 3339)' },
    speed: {
      type: 'string',
      value: 'N',
      help: 'Seconds of event time a second: 60 or 60x; as fast as it goes without it',
    },
    url: { type: 'string', value: 'URL', help: 'Post to this service instead of writing here' },
    ...configOptions(['dataDir', 'pack', 'clock', 'logLevel']),
  },
  async run(args, io) {
    const { FORMATS } = await import('./formats/formats.ts');
    const format = FORMATS[choice(args.values.format, Object.keys(FORMATS))];
    const untilMs = readUntil(args.values.until as string | undefined);
    const speed = readSpeed(args.values.speed as string | undefined);
    const files = await openFiles(args, io);
    const { Tally } = await import('./formats/tally.ts');
    const { startProgress } = await import('./progress.ts');
    const { runReplay } = await import('./replay-run.ts');
    const { replayRecords } = await import('./record-replay.ts');
    const { replayReport } = await import('./replay-report.ts');
    const tally = new Tally();
    const sink = await openReplaySink(args, io);
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    const progress = startProgress(io, 'replay', bytes, 'events');
    const startMs = performance.now();
    try {
      const { batchEventsMax, submitRecords: submit } = sink;
      const isPlain = args.values.format === 'cloudevents' && speed === undefined;
      if (isPlain && submit !== undefined)
        await replayRecords({ files, untilMs, batchEventsMax, submit, tally, progress });
      else await runReplay({ files, format, untilMs, speed, sink, tally, progress });
    } finally {
      progress.stop();
      await sink.close();
      for (const problem of tally.problems) io.stderr.write(`${problem}\n`);
      io.stdout.write(replayReport(tally, performance.now() - startMs));
    }
    // Nothing but refusals: the wrong service, or the wrong format.
    return tally.rejected.size > 0 && tally.accepted + tally.duplicates === 0 ? 1 : 0;
  },
};

const choice = (given: unknown, known: readonly string[]): string => {
  if (typeof given === 'string' && known.includes(given)) return given;
  const near = typeof given === 'string' ? suggest(given, known) : undefined;
  const hint = near === undefined ? `one of ${known.join(', ')}` : `did you mean ${near}?`;
  throw new BeckonError(
    'USAGE',
    given === undefined ? `--format is missing: ${hint}` : `unknown format ${given}; ${hint}`,
  );
};

const readUntil = (text: string | undefined): number => {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  const timeMs = parseTime(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
  if (Number.isNaN(timeMs))
    throw new BeckonError('USAGE', `--until must be like 2011-06-11 or 2011-06-11T15:00:00Z, not ${text}`);
  return timeMs;
};

const readSpeed = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const speed = /^\d+(\.\d+)?x?$/.test(text) ? Number.parseFloat(text) : 0;
  if (speed === 0) throw new BeckonError('USAGE', `--speed must be a number above 0, such as 60 or 60x, not ${text}`);
  return speed;
};

/** All are opened before the first event goes out, so that a misspelt name stops the replay before it begins. */
const openFiles = async (args: CommandArgs, io: CommandIo): Promise<TextFile[]> => {
  if (args.positionals.length === 0) throw new BeckonError('USAGE', 'no file given; see beckon replay --help');
  const { openText } = await import('./formats/text-file.ts');
  const files: TextFile[] = [];
  for (const path of args.positionals) files.push(await openText(resolve(io.folder, path)));
  return files;
};
