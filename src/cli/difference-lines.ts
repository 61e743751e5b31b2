import type { PackDifference } from '../packs/pack-change.ts';
import type { Change } from '../packs/pack-diff.ts';
import type { CommandIo } from './command.ts';

const SIGNS = { added: '+', removed: '-', changed: '~' } as const;

/**
 * Writes what would change, a line each: `+` added, `-` removed, `~` changed, `=` the same, `--` what stands against it.
 * @param title of the two packs
 */
export const writeDifference = (
  title: string,
  difference: PackDifference,
  problems: readonly string[],
  io: CommandIo,
): void => {
  const line = (sign: string, what: string) => void io.stdout.write(`${sign.padEnd(4)}${what}\n`);
  const list = (what: string, changes: readonly Change[], more: (change: never) => string = () => ''): void => {
    for (const change of changes) {
      const { how, name, told } = change;
      const tail = [told, more(change as never)].filter((part) => part !== '').join(', ');
      line(SIGNS[how], `${what} ${name}${tail === '' ? '' : `: ${tail}`}`);
    }
  };
  const { settings, features, featuresSame, rowBytes } = difference;
  line('', title);
  list('setting', settings);
  list('feature', features, ({ words }: { words: number }) => wordsTold(words));
  const [before, after] = rowBytes;
  line('=', `${featuresSame} features mean the same`);
  line(before === after ? '=' : '~', `row: ${before === after ? before : `${before} → ${after}`} bytes a customer`);
  list('item', difference.items);
  list('label', difference.labels);
  list('segment', difference.segments);
  list('action', difference.actions);
  list('channel', difference.channels);
  list('campaign', difference.campaigns);
  list('trigger', difference.triggers);
  list('head', difference.heads);
  for (const problem of problems) line('--', problem);
};

const wordsTold = (words: number): string =>
  words === 0 ? '' : `${words > 0 ? '+' : '-'}${Math.abs(words)} word${Math.abs(words) === 1 ? '' : 's'} of a row`;
