import { formatTime } from '../base/clock.ts';
import { BeckonError } from '../base/errors.ts';
import { toCloudEvent } from '../events/codec.ts';
import type { Event } from '../events/event.ts';
import { RecordReader } from '../events/record.ts';
import { deadLettersPathOf } from '../state/data-dir.ts';
import { type DeadLetter, DeadLetters } from '../state/dead-letters.ts';
import type { Command, CommandArgs, CommandIo } from './command.ts';
import { configOptions } from './config-options.ts';
import { existingShards } from './data-folder.ts';
import { type SubmitOutcome, sumOf } from './replay-sink.ts';

export const command: Command = {
  usage: 'dead-letters list | show OFFSET | replay [OFFSET…] [--url http://HOST:PORT]',
  description: `Events of the log that could not be applied were set aside, and the log went on without them.
  list           offset, time, type, reason: a line each, or with --json a JSON object each
  show OFFSET    one of them whole, with its bytes in base64
  replay         sends them again (all, or those of these offsets), once what was wrong has been mended, and takes those
                 that were accepted from the list. One that was applied meanwhile is a duplicate, and not applied twice

replay needs --url where a service runs on the data directory.`,
  options: {
    url: { type: 'string', value: 'URL', help: 'replay: send to this service instead of the data directory' },
    json: { type: 'boolean', help: 'list: as JSON, one a line' },
    ...configOptions(['dataDir', 'pack', 'clock']),
  },
  async run(args, io) {
    const [name, ...offsets] = args.positionals;
    const action = ACTIONS[name ?? ''];
    if (action === undefined)
      throw new BeckonError('USAGE', `dead-letters needs one of ${Object.keys(ACTIONS).join(', ')}`);
    const { configOf } = await import('./folded-state.ts');
    const { dataDir } = configOf(args, io);
    existingShards(dataDir);
    const letters = new DeadLetters(deadLettersPathOf(dataDir));
    try {
      await action(letters, chosen(letters.list(), offsets), args, io);
    } finally {
      letters.close();
    }
    return 0;
  },
};

type Action = (box: DeadLetters, letters: readonly DeadLetter[], args: CommandArgs, io: CommandIo) => Promise<void>;

/** @throws BeckonError USAGE where there is none at an offset */
const chosen = (letters: readonly DeadLetter[], offsets: readonly string[]): readonly DeadLetter[] => {
  if (offsets.length === 0) return letters;
  return offsets.flatMap((text) => {
    const found = letters.filter(({ offset }) => String(offset) === text);
    if (found.length === 0) throw new BeckonError('USAGE', `there is no dead letter at offset ${text}`);
    return found;
  });
};

const list: Action = async (_, letters, args, io) => {
  for (const letter of letters) {
    const { offset, time, type, code, reason } = factsOf(letter);
    io.stdout.write(
      args.values.json === true
        ? `${JSON.stringify(factsOf(letter))}\n`
        : `${String(offset).padStart(10)}  ${time}  ${(type ?? 'unknown').padEnd(20)}  ${code}: ${reason}\n`,
    );
  }
};

const show: Action = async (_, letters, args, io) => {
  if (args.positionals.length < 2) throw new BeckonError('USAGE', 'dead-letters show needs an OFFSET');
  for (const letter of letters) {
    const event = eventOf(letter);
    const told = {
      ...factsOf(letter),
      ...(event === undefined ? {} : { event: toCloudEvent(event) }),
      record: Buffer.from(letter.record).toString('base64'),
    };
    io.stdout.write(`${JSON.stringify(told, undefined, io.stdout.isTTY === true ? 2 : undefined)}\n`);
  }
};

const replay: Action = async (box, letters, args, io) => {
  const { openReplaySink } = await import('./replay-target.ts');
  const sink = await openReplaySink(args, io);
  let total: SubmitOutcome = { accepted: 0, duplicates: 0, rejected: {} };
  let unreadable = 0;
  try {
    for (const letter of letters) {
      const event = eventOf(letter);
      if (event === undefined) {
        unreadable++;
        continue;
      }
      const outcome = await sink.submit([event]);
      if (outcome.accepted + outcome.duplicates > 0) box.remove(letter);
      total = sumOf(total, outcome);
    }
  } finally {
    await sink.close();
  }
  const left = box.list().length;
  io.stdout.write(`${JSON.stringify({ sent: letters.length - unreadable, unreadable, ...total, left })}\n`);
};

const ACTIONS: Readonly<Record<string, Action>> = { list, show, replay };

const factsOf = (letter: DeadLetter) => ({
  offset: letter.offset,
  partition: letter.partition,
  time: formatTime(letter.logTimeMs),
  type: eventOf(letter)?.type,
  code: letter.code,
  reason: letter.reason,
});

/** Undefined where the bytes are no event. */
const eventOf = ({ record }: DeadLetter): Event | undefined => {
  try {
    const reader = new RecordReader(record);
    reader.next();
    return reader.event();
  } catch {
    return undefined;
  }
};
