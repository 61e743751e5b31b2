/** Preloaded into a service by a test: 200 µs of busy waiting before each score. */
import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';

const BUSY_MS = 0.2;

subscribe('http.server.request.start', (message) => {
  const { request } = message as { request: IncomingMessage };
  if (request.url !== '/v1/score') return;
  const endMs = performance.now() + BUSY_MS;
  while (performance.now() < endMs);
});
