import { loadConfig } from '../app/config.ts';
import type { Config } from '../app/config-schema.ts';
import { type LocalState, openLocalState } from '../app/local-state.ts';
import type { CommandArgs, CommandIo } from './command.ts';
import { startProgress } from './progress.ts';

/**
 * Opens a data directory and folds its log, with progress.
 * @throws BeckonError as {@link openLocalState}
 */
export const foldedState = async (config: Config, io: CommandIo): Promise<LocalState> => {
  let progress: ReturnType<typeof startProgress> | undefined;
  try {
    return await openLocalState(config, (offset, end) => {
      progress ??= startProgress(io, 'reading the log', end, 'events');
      progress.update(offset, offset);
    });
  } finally {
    progress?.stop();
  }
};

/** The configuration of a command. @throws BeckonError CONFIG_INVALID */
export const configOf = (args: CommandArgs, io: CommandIo): Config =>
  loadConfig({ flags: args.values, environment: io.environment, folder: io.folder });
