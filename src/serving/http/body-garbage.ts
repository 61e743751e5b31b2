import { collectGarbage } from '../../base/garbage.ts';

/** Each is there twice, as it came and in one piece, and what is set free counts until the next collection. */
const BODY_BYTES_MAX = 2 * 1024 * 1024;

let bodyBytes = 0;

/**
 * Told of each body that has come. Bodies lie outside of V8's heap: they do not fill its young space, so nothing
 * collects them until they are tens of megabytes, which V8 takes for a reason to mark the whole heap, for as many
 * milliseconds and several times a second. A look at what is young takes less than one and sets them free.
 */
export const bodyCame = (bytes: number): void => {
  bodyBytes += bytes;
  if (bodyBytes < BODY_BYTES_MAX) return;
  bodyBytes = 0;
  collectGarbage({ type: 'minor' });
};
