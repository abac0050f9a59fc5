import { describe, expect, test } from 'vitest';

import { streamChat } from '../../../src/lib/server/client.ts';
import { type ServerAddress, requestJson, serverUrl } from '../../../src/lib/server/request.ts';
import { caught } from '../../support/caught.ts';
import { closedOrigin, startLocalServer } from '../../support/local-server.ts';

function addressOf(origin: string): ServerAddress {
  const { hostname, port } = new URL(origin);
  return { host: hostname, port: Number(port) };
}

describe('a request', () => {
  test('carries the key of the server, and an error does not', async () => {
    await using server = await startLocalServer((_, response) => {
      const type = 'authentication_error';
      response.writeHead(401).end(JSON.stringify({ error: { message: 'Invalid API Key', type } }));
    });
    const address = { ...addressOf(server.origin), apiKey: 'key-of-the-test' };
    const error = await caught(streamChat(address, {}));
    expect(server.seen[0]?.headers.authorization).toBe('Bearer key-of-the-test');
    expect(error.hint).toContain('LLAMERO_API_KEY');
    expect(`${error.stack ?? ''}${error.hint ?? ''}`).not.toContain('key-of-the-test');
  });

  test('to a server without a key carries none', async () => {
    await using server = await startLocalServer((_, response) => response.end('{}'));
    await requestJson(addressOf(server.origin), { method: 'GET', path: '/health' });
    expect(server.seen[0]?.headers).not.toHaveProperty('authorization');
  });

  test('to nobody says so', async () => {
    const address = addressOf(await closedOrigin());
    const error = await caught(requestJson(address, { method: 'GET', path: '/health' }));
    expect(error.code).toBe('SERVER_GONE');
    expect(error.message).toBe(`The server at ${serverUrl(address)} is gone: nobody listens there`);
  });

  test('that is not answered ends after its time', async () => {
    await using server = await startLocalServer(() => undefined);
    const request = { method: 'GET', path: '/health', timeoutSeconds: 0.2 } as const;
    const error = await caught(requestJson(addressOf(server.origin), request));
    expect(error.message).toContain('no answer within 0.2 s');
  });

  test('that is answered by something else says so', async () => {
    await using server = await startLocalServer((_, response) => response.end('<html>'));
    const address = addressOf(server.origin);
    const error = await caught(requestJson(address, { method: 'GET', path: '/models' }));
    expect(error.code).toBe('SERVER_ANSWER');
    expect(error.message).toContain('does not answer like llama-server');
  });

  test.each([
    ['127.0.0.1', 'http://127.0.0.1:80'],
    ['0.0.0.0', 'http://127.0.0.1:80'],
    ['::', 'http://[::1]:80'],
    ['fe80::1', 'http://[fe80::1]:80'],
    ['box.lan', 'http://box.lan:80'],
  ])('to a server on %s goes to %s', (host, url) => {
    expect(serverUrl({ host, port: 80 })).toBe(url);
  });
});
