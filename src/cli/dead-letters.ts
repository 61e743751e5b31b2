import { BeckonError } from '../base/errors.ts';
import type { Command, CommandArgs, CommandIo } from './command.ts';
import { configOptions } from './config-options.ts';
import type { Letter, LetterBoxes } from './letter-boxes.ts';
import { type SubmitOutcome, sumOf } from './replay-sink.ts';

export const command: Command = {
  usage: 'dead-letters list | show NAME | replay [NAME…] [--url http://HOST:PORT]',
  description: `What could not be applied was set aside, and the log went on without it: events of the log and, with the log on
Kafka, messages of its topics. Each has a name: its offset, or TOPIC/PARTITION/OFFSET on Kafka.
  list           name, time, type, reason: a line each, or with --json a JSON object each
  show NAME      one of them whole, with its bytes in base64
  replay         sends them again (all, or those of these names), once what was wrong has been mended, and takes those
                 that were accepted from the list. One that was applied meanwhile is a duplicate, and not applied twice

replay needs --url where a service runs on the data directory, and on Kafka.`,
  options: {
    url: { type: 'string', value: 'URL', help: 'replay: send to this service instead of the data directory' },
    json: { type: 'boolean', help: 'list: as JSON, one a line' },
    ...configOptions(['dataDir', 'pack', 'clock', 'kafkaBrokers', 'kafkaLogTopic', 'kafkaDeadLetterTopic']),
  },
  async run(args, io) {
    const [name, ...names] = args.positionals;
    const action = ACTIONS[name ?? ''];
    if (action === undefined)
      throw new BeckonError('USAGE', `dead-letters needs one of ${Object.keys(ACTIONS).join(', ')}`);
    const { configOf } = await import('./folded-state.ts');
    const { openLetterBoxes } = await import('./letter-boxes.ts');
    const { existingShards } = await import('./data-folder.ts');
    const { isOnKafka } = await import('../app/kafka.ts');
    const config = configOf(args, io);
    if (!isOnKafka(config)) existingShards(config.dataDir);
    const boxes = await openLetterBoxes(config);
    try {
      await action(boxes, chosen(await boxes.list(), names), args, io);
    } finally {
      await boxes.close();
    }
    return 0;
  },
};

type Action = (boxes: LetterBoxes, letters: readonly Letter[], args: CommandArgs, io: CommandIo) => Promise<void>;

/** @throws BeckonError USAGE where there is none of a name */
const chosen = (letters: readonly Letter[], names: readonly string[]): readonly Letter[] => {
  if (names.length === 0) return letters;
  return names.map((wanted) => {
    const found = letters.find(({ name }) => name === wanted);
    if (found === undefined) throw new BeckonError('USAGE', `there is no dead letter ${wanted}`);
    return found;
  });
};

const list: Action = async (_, letters, args, io) => {
  for (const { name, facts } of letters) {
    const { time, type, code, reason } = facts;
    io.stdout.write(
      args.values.json === true
        ? `${JSON.stringify({ name, ...facts })}\n`
        : `${name.padStart(10)}  ${time}  ${(type ?? 'unknown').padEnd(20)}  ${code}: ${reason}\n`,
    );
  }
};

const show: Action = async (_, letters, args, io) => {
  if (args.positionals.length < 2) throw new BeckonError('USAGE', 'dead-letters show needs a NAME');
  const { shownLetter } = await import('./letter-boxes.ts');
  for (const letter of letters)
    io.stdout.write(`${JSON.stringify(shownLetter(letter), undefined, io.stdout.isTTY === true ? 2 : undefined)}\n`);
};

const replay: Action = async (boxes, letters, args, io) => {
  const { openReplaySink } = await import('./replay-target.ts');
  const sink = await openReplaySink(args, io);
  let total: SubmitOutcome = { accepted: 0, duplicates: 0, rejected: {} };
  let unreadable = 0;
  try {
    for (const letter of letters) {
      const { event } = letter;
      if (event === undefined) {
        unreadable++;
        continue;
      }
      const outcome = await sink.submit([event]);
      if (outcome.accepted + outcome.duplicates > 0) await letter.remove();
      total = sumOf(total, outcome);
    }
  } finally {
    await sink.close();
  }
  const left = (await boxes.list()).length;
  io.stdout.write(`${JSON.stringify({ sent: letters.length - unreadable, unreadable, ...total, left })}\n`);
};

const ACTIONS: Readonly<Record<string, Action>> = { list, show, replay };
