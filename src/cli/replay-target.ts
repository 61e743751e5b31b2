import { BeckonError } from '../base/errors.ts';
import type { CommandArgs, CommandIo } from './command.ts';
import type { ReplaySink } from './replay-sink.ts';

/** The service that `--url` names, or the writer of this process on the data directory. */
export const openReplaySink = async (args: CommandArgs, _io: CommandIo): Promise<ReplaySink> => {
  const { url } = args.values;
  if (typeof url !== 'string') throw new BeckonError('USAGE', '--url is missing');
  const { openHttpSink } = await import('./http-sink.ts');
  return openHttpSink(url);
};
