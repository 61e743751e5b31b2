import { checkPack } from '../app/pack-check.ts';
import { chooseBundles } from '../inference/repository.ts';
import { loadPack, type Pack } from '../packs/pack.ts';
import type { CommandIo } from './command.ts';
import { writeDifference } from './difference-lines.ts';

/**
 * Shows what would change if the pack of another folder took the place of this one.
 * @returns whether it could
 */
export const checkDiff = (pack: Pack, folder: string, io: CommandIo): boolean => {
  const other = loadPack(folder);
  const { difference, problems } = checkPack(pack, chooseBundles(pack.folder, pack.name), other);
  const title = `from ${pack.name} ${pack.version} to ${other.name} ${other.version} (${folder})`;
  writeDifference(title, difference, problems, io);
  return problems.length === 0;
};
