import type { Http2Stream } from 'node:http2';
import { constants } from 'node:http2';

/**
 * Ends a call whose caller takes nothing, with what it has not taken: the library would wait for that. It has no word for
 * it, so this reaches into it; it is pinned to an exact version, and the tests of this room fail where that changes. The
 * caller reads RESOURCE_EXHAUSTED.
 */
export const cutCall = (call: object): void => {
  const { stream } = (call as { call: { stream: Http2Stream } }).call;
  stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
};
