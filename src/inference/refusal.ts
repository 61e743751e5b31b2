import { BeckonError } from '../base/errors.ts';

/**
 * Why a bundle cannot be used.
 * @param bundle `pack/head/version`
 * @param reason what is wrong, in words, beginning with the file or the part that it is about.
 */
export const refusal = (
  bundle: string,
  reason: string,
  options: { details?: Record<string, unknown>; cause?: unknown } = {},
): BeckonError =>
  new BeckonError('BUNDLE_REFUSED', `Model bundle ${bundle} is refused: ${reason}`, {
    ...options,
    details: { bundle, ...options.details },
  });
