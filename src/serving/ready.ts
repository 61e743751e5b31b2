import { BeckonError } from '../base/errors.ts';
import type { ServingParts } from './parts.ts';

/** @throws BeckonError NOT_READY */
export const refuseWhenNotReady = ({ notReady }: Pick<ServingParts, 'notReady'>): void => {
  const reason = notReady();
  if (reason !== undefined) throw new BeckonError('NOT_READY', reason);
};
