import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { bareServer, type HttpApp, type HttpOptions } from './server.ts';

/** Node's option, which Fastify passes on. */
type ListenOptions = { host: string; port: number; reusePort: boolean };

/**
 * The one listener of a thread. Apps behind it take each other's place between two requests: whatever an app has taken
 * it answers, also on connections that go on with the next one.
 */
export class Door {
  private readonly listener: FastifyInstance;
  private behind: HttpApp;

  constructor(behind: HttpApp, options: HttpOptions, onInternal: (cause: unknown) => void) {
    this.behind = behind;
    this.listener = bareServer(options, onInternal);
  }

  /** @returns the port. @throws Error as Node's `listen` does */
  async listen(options: ListenOptions): Promise<number> {
    const { listener } = this;
    await listener.ready();
    const { server } = listener;
    server.removeAllListeners('request');
    server.on('request', (request: IncomingMessage, response: ServerResponse) =>
      this.behind.app.routing(request, response),
    );
    await listener.listen(options);
    return (server.address() as AddressInfo).port;
  }

  /** Hands every later request to another app. */
  change(behind: HttpApp): void {
    this.behind = behind;
  }

  /** Listens no more. @returns when every request is answered */
  async close(): Promise<void> {
    await Promise.all([this.behind.app.close(), this.listener.close()]);
  }
}
