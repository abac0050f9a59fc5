import { readFile } from 'node:fs/promises';

import { expect, test } from 'vitest';

import { createDownloader } from '../../../src/lib/download/downloader.ts';
import { createHttp } from '../../../src/lib/http/http.ts';
import { noise, Place } from '../../support/download/place.ts';
import { startForwardProxy } from '../../support/forward-proxy.ts';
import { startLocalServer } from '../../support/local-server.ts';

const content = noise(3_000_000);
const TOKEN = 'hf_secretsecretsecret';

test('redirects are followed to the storage host, and the token stays behind', async () => {
  await using place = await Place.create([content]);
  const { locate, ...request } = place.request();
  const { url } = await locate();
  await using front = await startLocalServer((_request, response) => {
    response.writeHead(302, { location: url }).end('moved');
  });
  place.hub.addToken(TOKEN);
  const headers = { authorization: `Bearer ${TOKEN}` };
  const located = () => Promise.resolve({ url: `${front.origin}/file`, headers });
  await place.downloader().download({ ...request, locate: located });
  expect((await readFile(place.target)).equals(content)).toBe(true);
  expect(front.seen.every((seen) => seen.headers.authorization === headers.authorization)).toBe(
    true,
  );
  expect(place.hub.tokenLeaks()).toEqual([]);
});

test('a server that redirects in a circle is given up', async () => {
  await using place = await Place.create([content]);
  await using front = await startLocalServer((request, response) => {
    response.writeHead(302, { location: request.url ?? '' }).end();
  });
  const located = () => Promise.resolve({ url: `${front.origin}/file?Signature=abc`, headers: {} });
  const running = place.downloader().download({ ...place.request(), locate: located });
  await expect(running).rejects.toMatchObject({
    code: 'NETWORK',
    message: expect.stringContaining('circle'),
  });
  expect(front.seen.length).toBeLessThan(40);
});

test('data comes through the proxy that is set', async () => {
  await using place = await Place.create([content]);
  await using proxy = await startForwardProxy();
  const http = createHttp({ version: '0.0.0', environment: { HTTP_PROXY: proxy.origin } });
  const signal = new AbortController().signal;
  const downloader = createDownloader({ http, connections: 2, signal });
  await downloader.download(place.request());
  await downloader.close();
  http.close();
  expect((await readFile(place.target)).equals(content)).toBe(true);
  const data = place.hub.requests.filter(({ host }) => host === 'cdn');
  expect(proxy.seen.filter(({ url }) => url.startsWith(place.hub.cdn))).toHaveLength(data.length);
});

test('a connection that the server closed while it was idle is no failure', async () => {
  await using place = await Place.create([noise(1_000_000, 1), noise(1_000_000, 2)]);
  place.options = { connections: 1 };
  const downloader = place.downloader();
  const [first, second] = place.items;
  if (first === undefined || second === undefined) throw new Error('two files were made');
  await downloader.download(place.request(first));
  await place.hub.goDown('cdn');
  await place.hub.comeUp('cdn');
  await downloader.download(place.request(second));
  expect(place.events.filter(({ type }) => type === 'wait')).toEqual([]);
});
