import { type IncomingMessage, type RequestListener, type Server, createServer } from 'node:http';
import { type AddressInfo } from 'node:net';

/** A request as a local server saw it. */
interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
}

/** A real HTTP server of this machine, for one test. */
export interface LocalServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string;
  /** What was asked, in order. */
  readonly seen: readonly SeenRequest[];
  readonly server: Server;
}

/** Starts a server on a free port; `await using` ends it, with the connections it still has. */
export async function startLocalServer(answer: RequestListener): Promise<LocalServer> {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const { headers, method = '', url = '' } = request;
    seen.push({ method, url, headers });
    answer(request, response);
  });
  return { ...(await listen(server)), seen, server };
}

/** Lets a server listen on a free port of this machine; works for an https server too. */
export async function listen(
  server: Server,
): Promise<{ readonly origin: string } & AsyncDisposable> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** An address on which nothing listens. */
export async function closedOrigin(): Promise<string> {
  await using server = await startLocalServer(() => undefined);
  return server.origin;
}
