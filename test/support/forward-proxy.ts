import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';

import { type LocalServer, startLocalServer } from './local-server.ts';

/** A forward proxy as companies run it, that notes where it was asked to go. */
export interface ForwardProxy extends LocalServer {
  /** The targets of tunnels, `host:port`. */
  readonly tunnels: readonly string[];
}

/**
 * Starts a proxy for plain requests (absolute URL in the first line) and for tunnels (`CONNECT`).
 *
 * @param names where to go for a host that does not exist outside, `host:port` to `host:port`
 */
export async function startForwardProxy(
  names: Readonly<Record<string, string>> = {},
): Promise<ForwardProxy> {
  const tunnels: string[] = [];
  const started = await startLocalServer((request, response) => {
    const url = new URL(request.url ?? '');
    const [host = '', port = '80'] = (names[url.host] ?? url.host).split(':');
    const { headers, method } = request;
    const path = url.pathname + url.search;
    const onward = httpRequest({ host, port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.writeHead(502).end());
    request.pipe(onward);
  });
  const open = new Set<Duplex>();
  started.server.on('connect', (request, socket: Duplex, head) => {
    const target = request.url ?? '';
    tunnels.push(target);
    const [host = '', port = '443'] = (names[target] ?? target).split(':');
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    for (const end of [socket, onward]) {
      open.add(end);
      end.once('close', () => open.delete(end));
    }
    onward.on('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    socket.on('error', () => onward.destroy());
  });
  return {
    ...started,
    tunnels,
    [Symbol.asyncDispose]: async () => {
      for (const end of open) end.destroy();
      await started[Symbol.asyncDispose]();
    },
  };
}
