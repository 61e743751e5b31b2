import { BeckonError } from '../base/errors.ts';

/** The gate for errors: what is not ours becomes INTERNAL on the wire, and its cause goes to the log. */
export const ownError = (error: unknown, onInternal: (cause: unknown) => void): BeckonError => {
  if (error instanceof BeckonError && error.code !== 'INTERNAL') return error;
  onInternal(error instanceof BeckonError ? (error.cause ?? error) : error);
  return new BeckonError('INTERNAL', 'internal error');
};
