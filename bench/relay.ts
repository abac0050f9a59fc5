import { once } from 'node:events';
import net from 'node:net';

/** A relay between a client and a server, which notes when a request comes. */
export interface Relay {
  readonly port: number;
  /** When the newest request with such a first line came, in milliseconds of `performance.now()`. */
  readonly requestedAt: (firstLine: string) => number | undefined;
  readonly close: () => void;
}

/** Passes on every byte between whoever connects and the server on loopback. */
export async function startRelay(serverPort: number): Promise<Relay> {
  const requests = new Map<string, number>();
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ noDelay: true }, (client) => {
    const upstream = net.connect({ port: serverPort, host: '127.0.0.1', noDelay: true });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      // The other side's end is all that matters of a connection that breaks.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (data) => {
      const [line] = data.toString('latin1').split('\r\n', 1);
      if (/^[A-Z]+ \S+ HTTP\/1\.1$/u.test(line ?? '')) {
        requests.set(line?.replace(/ HTTP.*/u, '') ?? '', performance.now());
      }
    });
    client.pipe(upstream);
    upstream.pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the relay has no port');
  return {
    port: address.port,
    requestedAt: (firstLine) => requests.get(firstLine),
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
