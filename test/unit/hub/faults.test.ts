import type { RequestListener } from 'node:http';
import { inspect } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';

import { createHttp } from '../../../src/lib/http/http.ts';
import { type Hub, createHub } from '../../../src/lib/hub/hub.ts';
import { caught } from '../../support/caught.ts';
import { startLocalServer } from '../../support/local-server.ts';

const COMMIT = 'a'.repeat(40);
const TOKEN = 'hf_averysecrettoken';
const MODEL = { id: 'user/repo', sha: COMMIT };
const FILE = { type: 'file', path: 'm.gguf', size: 7, oid: COMMIT };

const http = createHttp({ version: '1.2.3', environment: {}, retryLimit: 0 });

afterAll(() => {
  http.close();
});

function answers(body: unknown, headers: Record<string, string> = {}, status = 200) {
  return startLocalServer((_request, response) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
  });
}

function open(endpoint: string): Hub {
  return createHub({ http, endpoint, token: { token: TOKEN, origin: 'HF_TOKEN' } });
}

function redirects(location: string, headers: Record<string, string> = {}): RequestListener {
  return (_request, response) => response.writeHead(302, { location, ...headers }).end();
}

describe('an answer that cannot be used is refused', () => {
  test.each([
    ['the login page of a network', '<!DOCTYPE html><p>Log in', /web page/u],
    ['cut JSON', '{"id": "user/re', /no JSON/u],
    ['nothing', '', /no JSON/u],
    ['a list', [], /not shaped as expected/u],
    ['null', null, /not shaped as expected/u],
    ['a model of no name', { ...MODEL, id: '../../etc' }, /not as it should be/u],
    ['a model of no commit', { ...MODEL, sha: 'main' }, /not as it should be/u],
    ['a date that cannot be read', { ...MODEL, lastModified: { toString: 1 } }, /not as it/u],
  ])('%s for a model', async (_name, body, message) => {
    await using server = await answers(body);
    const error = await caught(open(server.origin).model('user/repo'));
    expect([error.code, error.exitCode]).toEqual(['HUB_ANSWER', 6]);
    expect(error.message).toMatch(message);
    expect(error.hint).toBeDefined();
  });

  test.each([
    ['an object', {}],
    ['a list of texts', ['m.gguf']],
    ['a list of null', [null]],
    ['a size below nothing', [{ ...FILE, size: -1 }]],
    ['a size beyond all disks', [{ ...FILE, size: 1e18 }]],
    ['a hash that is none', [{ ...FILE, lfs: { oid: 'x', size: 7 } }]],
  ])('%s for a file list', async (_name, body) => {
    await using server = await answers(body);
    const error = await caught(open(server.origin).files('user/repo', COMMIT));
    expect(error.code).toBe('HUB_ANSWER');
  });

  test.each(['{}', '[null]', '["x"]', '<html>'])('%s for a search', async (body) => {
    await using server = await answers(body);
    const error = await caught(open(server.origin).search('x', { limit: 5 }));
    expect(error.code).toBe('HUB_ANSWER');
  });

  test('a file list without an end', async () => {
    await using server = await startLocalServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://hub');
      const cursor = Number(searchParams.get('cursor') ?? 0) + 1;
      response.setHeader('link', `<${pathname}?cursor=${cursor}>; rel="next"`).end('[]');
    });
    const error = await caught(open(server.origin).files('user/repo', COMMIT));
    expect(error.message).toContain('never ends');
  });
});

test('files whose path leads elsewhere are left out of a file list', async () => {
  const paths = ['../m.gguf', '/m.gguf', 'a\\m.gguf', 'a\u0000.gguf', 'a\u001B[2J.gguf', 'm.gguf'];
  await using server = await answers(paths.map((path) => ({ ...FILE, path })));
  const files = await open(server.origin).files('user/repo', COMMIT);
  expect(files.map(({ path }) => path)).toEqual(['m.gguf']);
});

test('a further page may be named by a relative link', async () => {
  await using server = await startLocalServer((request, response) => {
    const isSecond = request.url?.includes('cursor') === true;
    if (!isSecond) response.setHeader('link', `<${request.url}&cursor=2>; rel="next"`);
    response.end(JSON.stringify([{ ...FILE, path: isSecond ? 'b.gguf' : 'a.gguf' }]));
  });
  const files = await open(server.origin).files('user/repo', COMMIT);
  expect(files.map(({ path }) => path)).toEqual(['a.gguf', 'b.gguf']);
});

describe('a refusal', () => {
  test.each([
    [403, 'X-Error-Message', {}, 'FORBIDDEN', ': no \u001B[31mway', ': no [31mway'],
    [403, 'no message', {}, 'FORBIDDEN', '', /read user\/repo$/u],
    [400, 'no code', {}, 'HUB_ANSWER', 'odd', 'answered 400: odd'],
    [500, 'no code', {}, 'HUB_ANSWER', '', 'answered 500'],
    [404, 'no code', {}, 'REPO_NOT_FOUND', '', 'user/repo does not exist'],
    [418, 'an unknown code', { 'x-error-code': 'New' }, 'HUB_ANSWER', '', 'answered 418'],
  ])('%i with %s', async (status, _name, headers, code, said, message) => {
    await using server = await answers({ error: said.replace(/^: /u, '') }, headers, status);
    const error = await caught(open(server.origin).model('user/repo'));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  test.each([
    ['{"error":"plain"}', 'plain'],
    ['{"error":["first","second"]}', 'first'],
    ['{"errors":[{"message":"inner"}]}', 'inner'],
    ['{"errors":[null]}', ''],
    ['{"error":7}', ''],
    ['null', ''],
    ['just text', 'just text'],
    ['<html>page</html>', ''],
    [
      `{"error":"token ${TOKEN} and Signature=abc&x"}`,
      'token [redacted] and Signature=[redacted]&x',
    ],
    [`{"error":"${'long '.repeat(1000)}"}`, 'long '.repeat(60).trimEnd()],
  ])('that says %.40s', async (body, message) => {
    await using server = await answers(body, {}, 400);
    const error = await caught(open(server.origin).model('user/repo'));
    const { host } = new URL(server.origin);
    const expected = message === '' ? `${host} answered 400` : `${host} answered 400: ${message}`;
    expect(error.message.trimEnd()).toBe(expected);
  });

  test('to a stranger who searches asks for a token', async () => {
    await using server = await answers({}, {}, 401);
    const error = await caught(
      createHub({ http, endpoint: server.origin }).search('x', { limit: 1 }),
    );
    expect(error.code).toBe('FORBIDDEN');
    expect(error.hint).toContain('export HF_TOKEN');
  });
});

describe('the place of a file', () => {
  const sha256 = 'b'.repeat(64);
  const linked = { 'x-linked-size': '7', 'x-linked-etag': `"${sha256}"` };

  test('has size and hash from the hub, not from where it lies', async () => {
    const url = 'https://cdn.example/f?Signature=s';
    await using server = await startLocalServer(redirects(url, linked));
    const place = await open(server.origin).resolve('user/repo', COMMIT, 'm.gguf');
    expect(place).toEqual({ url, headers: {}, size: 7, etag: sha256, sha256 });
  });

  test('keeps them over redirects within the hub', async () => {
    await using server = await startLocalServer((request, response) => {
      if (request.url === '/cache/m.gguf') {
        response
          .writeHead(200, {
            'content-length': '9',
            'x-linked-size': '9',
            etag: 'W/"weak"',
          })
          .end();
      } else response.writeHead(307, { location: '/cache/m.gguf', ...linked }).end();
    });
    const place = await open(server.origin).resolve('user/repo', COMMIT, 'm.gguf');
    expect(place).toMatchObject({ url: `${server.origin}/cache/m.gguf`, size: 7, sha256 });
    expect(place.headers).toEqual({ authorization: `Bearer ${TOKEN}` });
  });

  test.each([
    { 'x-linked-size': '-1' },
    { 'x-linked-size': '1e9' },
    { 'x-linked-size': '9'.repeat(30) },
    { 'x-linked-etag': 'unquoted' },
    { 'x-linked-etag': '"a b"' },
  ])('does without %j', async (headers) => {
    await using server = await startLocalServer(redirects('https://cdn.example/f', headers));
    const place = await open(server.origin).resolve('user/repo', COMMIT, 'm.gguf');
    expect(place).toEqual({ url: 'https://cdn.example/f', headers: {} });
  });

  test('of a mirror that only sends back to huggingface.co is an error, not a circle', async () => {
    await using server = await startLocalServer((request, response) => {
      response.writeHead(308, { location: `https://huggingface.co${request.url}` }).end();
    });
    const error = await caught(open(server.origin).resolve('user/repo', COMMIT, 'm.gguf'));
    expect(error.code).toBe('HUB_ANSWER');
    expect(error.message).toContain('only sends on to huggingface.co');
    expect(server.seen).toHaveLength(1);
  });

  test('is not sought in a circle', async () => {
    let turn = 0;
    await using server = await startLocalServer((_request, response) => {
      turn += 1;
      response.writeHead(307, { location: `/${turn}` }).end();
    });
    const error = await caught(open(server.origin).resolve('user/repo', COMMIT, 'm.gguf'));
    expect(error.message).toContain('circle');
    expect(turn).toBeLessThan(10);
  });
});

test('a redirect of the hub’s API to another host does not take the token along', async () => {
  await using elsewhere = await answers(MODEL);
  await using server = await startLocalServer((request, response) => {
    response.writeHead(308, { location: `${elsewhere.origin}${request.url}` }).end();
  });
  expect((await open(server.origin).model('user/repo')).id).toBe('user/repo');
  expect(server.seen[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
  expect(elsewhere.seen[0]?.headers).not.toHaveProperty('authorization');
});

test('a token that does not begin with hf_ is used all the same, and never shown', async () => {
  await using server = await answers({}, {}, 401);
  const token = { token: 'my-own-token', origin: 'the file /home/me/token' };
  const error = await caught(createHub({ http, endpoint: server.origin, token }).model('a/b'));
  expect(server.seen[0]?.headers.authorization).toBe('Bearer my-own-token');
  expect(error.code).toBe('TOKEN_REFUSED');
  expect(error.message).toContain('the file /home/me/token');
  expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('my-own-token');
});
