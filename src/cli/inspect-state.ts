import { stateFacts } from '../app/state-facts.ts';
import { askService } from './ask-service.ts';
import { existingShards } from './data-folder.ts';
import { configOf, foldedState } from './folded-state.ts';
import type { Inspection } from './inspection.ts';

/** Size, progress and hash of the state. */
export const inspectState: Inspection = async (_, args, io) => {
  if (typeof args.values.url === 'string') return askService(args.values.url, 'v1/state');
  const config = configOf(args, io);
  existingShards(config.dataDir);
  const state = await foldedState(config, io);
  try {
    return stateFacts(state.pack, state, state.cold);
  } finally {
    await state.close();
  }
};
