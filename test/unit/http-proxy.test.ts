import { describe, expect, test } from 'vitest';

import { createHttp } from '../../src/lib/http/http.ts';
import { describeProxy, readProxySettings } from '../../src/lib/http/proxy.ts';
import { caught } from '../support/caught.ts';
import { startForwardProxy } from '../support/forward-proxy.ts';
import { closedOrigin, startLocalServer } from '../support/local-server.ts';

function open(environment: Record<string, string>) {
  return createHttp({ version: '1.2.3', environment, retryLimit: 0 });
}

describe('the proxy settings', () => {
  test.each([
    ['none', {}, {}],
    ['blank ones', { HTTP_PROXY: ' ', https_proxy: '' }, {}],
    ['an address', { HTTP_PROXY: 'http://p:1' }, { HTTP_PROXY: 'http://p:1/' }],
    ['host and port alone', { HTTPS_PROXY: 'p:3128' }, { HTTPS_PROXY: 'http://p:3128/' }],
    ['a TLS proxy', { HTTPS_PROXY: 'https://p' }, { HTTPS_PROXY: 'https://p/' }],
    [
      'lower case first',
      { http_proxy: 'low:1', HTTP_PROXY: 'up:1' },
      { HTTP_PROXY: 'http://low:1/' },
    ],
    ['an exception', { no_proxy: 'localhost, .corp' }, { NO_PROXY: 'localhost, .corp' }],
  ])('%s', (_name, environment, expected) => {
    expect(readProxySettings(environment)).toEqual(expected);
  });

  test.each(['socks5://p:1', 'http://', '::', 'not an address'])('%j is refused', (value) => {
    expect(() => readProxySettings({ https_proxy: value })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: 'https_proxy is no address of an HTTP proxy',
      }),
    );
  });

  test('are told without the password, for the kind of URL that is asked for', () => {
    const environment = { HTTPS_PROXY: 'http://me:secret@proxy.corp:3128' };
    const told = describeProxy(environment, new URL('https://huggingface.co'));
    expect(told).toBe('HTTPS_PROXY is set to proxy.corp:3128');
    expect(describeProxy(environment, new URL('http://huggingface.co'))).toBeUndefined();
  });
});

describe('behind a proxy', () => {
  test('a request goes through it, by a name that only the proxy knows', async () => {
    await using server = await startLocalServer((_request, response) => {
      response.end('through');
    });
    const { host } = new URL(server.origin);
    await using proxy = await startForwardProxy({ 'hub.corp': host });
    const withPassword = proxy.origin.replace('//', '//me:secret@');
    const http = open({ http_proxy: withPassword });
    const response = await http.fetch('http://hub.corp/x?y=1');
    expect(await response.text()).toBe('through');
    expect(proxy.seen.map(({ url }) => url)).toEqual(['http://hub.corp/x?y=1']);
    expect(proxy.seen[0]?.headers['proxy-authorization']).toBe(`Basic ${btoa('me:secret')}`);
    http.close();
  });

  test('a host that NO_PROXY names is asked directly', async () => {
    await using server = await startLocalServer((_request, response) => {
      response.end('direct');
    });
    await using proxy = await startForwardProxy();
    const http = open({ HTTP_PROXY: proxy.origin, NO_PROXY: 'localhost,127.0.0.1' });
    expect(await (await http.fetch(server.origin)).text()).toBe('direct');
    expect(proxy.seen).toEqual([]);
    http.close();
  });

  test('that is not there, the error names it', async () => {
    const proxy = await closedOrigin();
    const http = open({ HTTP_PROXY: proxy });
    const error = await caught(http.fetch('http://hub.corp/'));
    expect(error.code).toBe('NETWORK');
    expect(error.message).toBe('Could not reach hub.corp: the connection was refused');
    expect(error.hint).toBe(
      `HTTP_PROXY is set to ${new URL(proxy).host}: check that the proxy is right and running`,
    );
  });

  test('that lets nobody through, the error says so', async () => {
    await using proxy = await startForwardProxy({
      'hub.corp:443': new URL(await closedOrigin()).host,
    });
    const error = await caught(open({ HTTPS_PROXY: proxy.origin }).fetch('https://hub.corp/'));
    expect(error.message).toBe('Could not reach hub.corp: the proxy refused the connection');
    expect(proxy.tunnels).toEqual(['hub.corp:443']);
  });

  test('of a kind that is not understood, no request is sent past it', async () => {
    await using server = await startLocalServer((_request, response) => {
      response.end('direct');
    });
    const error = await caught(open({ http_proxy: 'socks5://127.0.0.1:1' }).fetch(server.origin));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(server.seen).toEqual([]);
  });
});
