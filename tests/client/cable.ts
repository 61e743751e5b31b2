import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Owner } from '../support/service.ts';

/** A way to a service that can be cut, and laid to another one. */
export interface Cable {
  /** `127.0.0.1:port`, whatever is behind it. */
  readonly address: string;
  /** Made so far. */
  readonly connections: number;
  /** Breaks every connection. */
  cut(): void;
  /** Where later connections go. */
  lay(address: string): void;
}

/** @param address of what it leads to */
export const cableTo = async (t: Owner, address: string): Promise<Cable> => {
  let target = address;
  let connections = 0;
  const open = new Set<Socket>();
  const cut = (): void => {
    for (const socket of open) socket.resetAndDestroy();
  };
  const server = createServer((near) => {
    connections++;
    const [host, port] = target.split(':');
    const far = connect({ host, port: Number(port) });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ]) {
      open.add(socket);
      // A broken connection is what tests are about.
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }).listen(0, '127.0.0.1');
  t.after(() => {
    server.close();
    cut();
  });
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get connections() {
      return connections;
    },
    cut,
    lay(to) {
      target = to;
    },
  };
};
