/** Preloaded into a service by a test: one score in a hundred says that its customer is not known. */
import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';

const EVERY = 100;
/** More than are asked for before any load. */
const RIGHT_AT_FIRST = 400;
let count = 0;

subscribe('http.server.request.start', (message) => {
  const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
  if (request.url !== '/v1/score' || ++count <= RIGHT_AT_FIRST || count % EVERY !== 0) return;
  const end = response.end.bind(response) as (text: string) => ServerResponse;
  // Of the same length, which is said in a header already.
  response.end = ((text: string | Buffer) => end(String(text).replace('"known":true', '"known":null'))) as never;
});
