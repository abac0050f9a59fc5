import { describe, expect, test } from 'vitest';

import { redirectTarget } from '../../src/lib/http/redirect.ts';
import { caught } from '../support/caught.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { quickHttp } from '../support/quick-http.ts';

const TOKEN = 'hf_averysecrettoken';

/** The Authorization headers that a server was sent. */
function sent(server: LocalServer): (string | undefined)[] {
  return server.seen.map(({ headers }) => headers.authorization);
}

describe('a redirect', () => {
  const authorization = `Bearer ${TOKEN}`;

  test('within the origin is followed with the token', async () => {
    await using server = await startLocalServer((request, response) => {
      if (request.url === '/old') response.writeHead(307, { location: '/new' }).end();
      else response.end('here');
    });
    const response = await quickHttp().http.fetch(`${server.origin}/old`, {
      headers: { authorization },
    });
    expect(await response.text()).toBe('here');
    expect(response.url).toBe(`${server.origin}/new`);
    expect(sent(server)).toEqual([authorization, authorization]);
  });

  test('to another origin leaves token and cookie behind, and they never come back', async () => {
    await using home = await startLocalServer((request, response) => {
      if (request.url === '/back') response.end('home again');
      else response.writeHead(302, { location: `${away.origin}/away` }).end();
    });
    await using away = await startLocalServer((_request, response) => {
      response.writeHead(302, { location: `${home.origin}/back` }).end();
    });
    const response = await quickHttp().http.fetch(`${home.origin}/start`, {
      headers: { authorization, cookie: 'a=1', 'x-plain': 'stays' },
    });
    expect(await response.text()).toBe('home again');
    expect(sent(home)).toEqual([authorization, undefined]);
    expect(sent(away)).toEqual([undefined]);
    expect(away.seen[0]?.headers).toMatchObject({ 'x-plain': 'stays' });
    expect(away.seen[0]?.headers).not.toHaveProperty('cookie');
  });

  test('of a POST becomes a GET where the standard says so', async () => {
    await using server = await startLocalServer((request, response) => {
      const status = Number(request.url?.slice(1));
      if (request.url === '/end') response.end('end');
      else response.writeHead(status, { location: '/end' }).end();
    });
    const { http } = quickHttp();
    const init = { method: 'POST', body: 'x' };
    for (const status of [301, 303, 307]) await http.fetch(`${server.origin}/${status}`, init);
    const ends = server.seen.filter(({ url }) => url === '/end');
    expect(ends.map(({ method }) => method)).toEqual(['GET', 'GET', 'POST']);
    expect(ends.map(({ headers }) => headers['content-length'])).toEqual([
      undefined,
      undefined,
      '1',
    ]);
  });

  test('is handed over where the caller wants to see it', async () => {
    await using server = await startLocalServer((_request, response) => {
      response.writeHead(302, { location: 'https://cdn.example/f?Signature=s' }).end();
    });
    const response = await quickHttp().http.fetch(server.origin, {
      method: 'HEAD',
      redirect: 'manual',
    });
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toBe('https://cdn.example/f?Signature=s');
  });

  test('in a circle comes to an end', async () => {
    await using server = await startLocalServer((_request, response) => {
      response.writeHead(302, { location: '/again' }).end();
    });
    const error = await caught(quickHttp().http.fetch(server.origin));
    expect(error.code).toBe('NETWORK');
    expect(server.seen).toHaveLength(11);
  });
});

describe('the target of a redirect', () => {
  const from = new URL('https://hub.example/api/models/old?x=1');

  function target(location: string, status = 307): string | undefined {
    return redirectTarget(from, { status, headers: new Headers({ location }) })?.href;
  }

  test.each([
    ['/api/models/new', 'https://hub.example/api/models/new'],
    ['new', 'https://hub.example/api/models/new'],
    ['//cdn.example/f', 'https://cdn.example/f'],
    ['https://cdn.example/f?Signature=s', 'https://cdn.example/f?Signature=s'],
    ['https://user:word@cdn.example/f', 'https://cdn.example/f'],
  ])('%s', (location, expected) => {
    expect(target(location)).toBe(expected);
  });

  test.each([
    'http://hub.example/api',
    'file:///etc/passwd',
    'data:,x',
    'https://',
    'javascript:1',
  ])('is refused: %s', (location) => {
    expect(() => target(location)).toThrow(/hub\.example redirects/u);
  });

  test('is none when the answer is no redirect', () => {
    expect(target('/new', 200)).toBeUndefined();
    expect(target('/new', 304)).toBeUndefined();
    expect(redirectTarget(from, { status: 302, headers: new Headers() })).toBeUndefined();
  });

  test('may be plain http when the request was', () => {
    const headers = new Headers({ location: 'http://127.0.0.1:2/x' });
    const to = redirectTarget(new URL('http://127.0.0.1:1/'), { status: 302, headers });
    expect(to?.href).toBe('http://127.0.0.1:2/x');
  });
});
