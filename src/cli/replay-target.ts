import type { CommandArgs, CommandIo } from './command.ts';
import type { ReplaySink } from './replay-sink.ts';

/** The service that `--url` names, or the writer of this process on the data directory. */
export const openReplaySink = async (args: CommandArgs, io: CommandIo): Promise<ReplaySink> => {
  const { url } = args.values;
  if (typeof url === 'string') {
    const { openHttpSink } = await import('./http-sink.ts');
    return openHttpSink(url);
  }
  const { configOf } = await import('./folded-state.ts');
  const { openLocalSink } = await import('./local-sink.ts');
  return openLocalSink(configOf(args, io), io);
};
