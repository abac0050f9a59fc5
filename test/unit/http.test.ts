import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';

import { LlameroError } from '../../src/lib/errors.ts';
import { createHttp } from '../../src/lib/http/http.ts';
import { caught } from '../support/caught.ts';
import { closedOrigin, startLocalServer } from '../support/local-server.ts';
import { quickHttp } from '../support/quick-http.ts';

const TOKEN = 'hf_averysecrettoken';

/** A server that gives each answer of a list once, then 200 `fine` for ever. */
function answersThenFine(...answers: [status: number, headers?: Record<string, string>][]) {
  return startLocalServer((_request, response) => {
    const [status, headers] = answers.shift() ?? [200];
    response.writeHead(status, headers).end(status === 200 ? 'fine' : 'no');
  });
}

describe('a request', () => {
  test('says who asks, and brings status, headers, address and text back', async () => {
    await using server = await startLocalServer((_request, response) => {
      response.writeHead(404, { 'x-error-code': 'RepoNotFound', 'set-cookie': ['a=1', 'b=2'] });
      response.end('gone');
    });
    const { http } = quickHttp();
    const response = await http.fetch(`${server.origin}/x?y=1`);
    expect(server.seen[0]?.headers['user-agent']).toMatch(/^llamero\/1\.2\.3 node\/\d+\.\S+ \w+$/u);
    expect(http.userAgent).toBe(server.seen[0]?.headers['user-agent']);
    expect(response.ok).toBe(false);
    expect(response.status).toBe(404);
    expect(response.url).toBe(`${server.origin}/x?y=1`);
    expect(response.headers.get('x-error-code')).toBe('RepoNotFound');
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(await response.text()).toBe('gone');
  });

  test('carries method, headers and body, given as a Request too', async () => {
    const bodies: string[] = [];
    await using server = await startLocalServer((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => bodies.push(text));
      request.on('end', () => response.end('{"a":1}'));
    });
    const { http } = quickHttp();
    const init = { method: 'POST', body: '{"paths":[]}', headers: { 'X-Test': 'one' } };
    expect(await (await http.fetch(server.origin, init)).json()).toEqual({ a: 1 });
    await http.fetch(new Request(server.origin, init));
    expect(bodies).toEqual(['{"paths":[]}', '{"paths":[]}']);
    expect(server.seen.map(({ method, headers }) => [method, headers['x-test']])).toEqual([
      ['POST', 'one'],
      ['POST', 'one'],
    ]);
  });

  test('unpacks what was compressed on the way', async () => {
    await using server = await startLocalServer((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('hello'));
    });
    const response = await quickHttp().http.fetch(server.origin);
    expect(await response.text()).toBe('hello');
    expect(response.headers.has('content-encoding')).toBe(false);
  });

  test.each([
    ['plain', (size: number) => ({ headers: {}, body: Buffer.alloc(size) })],
    [
      'compressed',
      (size: number) => ({
        headers: { 'content-encoding': 'gzip' },
        body: gzipSync(Buffer.alloc(size)),
      }),
    ],
  ])('stops reading an answer over the limit, %s', async (_name, make) => {
    const { headers, body } = make(3_000_000);
    await using server = await startLocalServer((_request, response) => {
      response.writeHead(200, headers).end(body);
    });
    const error = await caught(quickHttp({ bodyLimit: 1_000_000 }).http.fetch(server.origin));
    expect(error.code).toBe('HUB_ANSWER');
    expect(error.message).toContain('larger than 1.00 MB');
    const response = await quickHttp({ bodyLimit: 3_000_000 }).http.fetch(server.origin);
    expect((await response.arrayBuffer()).byteLength).toBe(3_000_000);
  });

  test('keeps its connection for the next one, until the client is closed', async () => {
    const ports = new Set<number | undefined>();
    await using server = await startLocalServer((request, response) => {
      ports.add(request.socket.remotePort);
      response.end('fine');
    });
    const { http } = quickHttp();
    await http.fetch(server.origin);
    await http.fetch(server.origin);
    expect(ports.size).toBe(1);
    http.close();
    await http.fetch(server.origin);
    expect(ports.size).toBe(2);
    http.close();
  });
});

describe('another try', () => {
  test.each([408, 429, 500, 502, 503, 504])('follows a GET that %i answers', async (status) => {
    await using server = await answersThenFine([status], [status]);
    const { http, events, waits } = quickHttp();
    const response = await http.fetch(`${server.origin}/a?Signature=secret`);
    expect(await response.text()).toBe('fine');
    expect(server.seen).toHaveLength(3);
    expect(waits).toEqual([0.3, 0.6]);
    const { host } = new URL(server.origin);
    expect(events).toEqual([
      {
        url: `${server.origin}/a`,
        attempt: 1,
        waitSeconds: 0.3,
        reason: `${host} answered ${status}`,
      },
      {
        url: `${server.origin}/a`,
        attempt: 2,
        waitSeconds: 0.6,
        reason: `${host} answered ${status}`,
      },
    ]);
  });

  test.each([400, 401, 403, 404, 410, 416, 501, 505])('does not follow %i', async (status) => {
    await using server = await answersThenFine([status]);
    expect((await quickHttp().http.fetch(server.origin)).status).toBe(status);
    expect(server.seen).toHaveLength(1);
  });

  test('follows a HEAD, but never a POST', async () => {
    await using server = await answersThenFine([503], [200], [503]);
    const { http } = quickHttp();
    expect((await http.fetch(server.origin, { method: 'HEAD' })).status).toBe(200);
    expect((await http.fetch(server.origin, { method: 'POST', body: 'x' })).status).toBe(503);
    expect(server.seen.map(({ method }) => method)).toEqual(['HEAD', 'HEAD', 'POST']);
  });

  test('follows a connection that was cut in the middle of the answer', async () => {
    let cuts = 2;
    await using server = await startLocalServer((request, response) => {
      cuts -= 1;
      if (cuts === 1) request.socket.destroy();
      else if (cuts === 0) {
        response.writeHead(200, { 'content-length': 100 }).write('abc', () => response.destroy());
      } else response.end('fine');
    });
    const { http, events } = quickHttp();
    expect(await (await http.fetch(server.origin)).text()).toBe('fine');
    const { host } = new URL(server.origin);
    expect(events.map(({ reason }) => reason)).toEqual([
      `${host}: the connection was cut`,
      `${host}: the connection was cut`,
    ]);
  });

  test('comes as often as the limit says, then the last answer stands', async () => {
    await using server = await startLocalServer((_request, response) => {
      response.writeHead(503).end('busy');
    });
    const response = await quickHttp({ retryLimit: 2 }).http.fetch(server.origin);
    expect([response.status, await response.text()]).toEqual([503, 'busy']);
    expect(server.seen).toHaveLength(3);
  });

  test.each([
    ['the seconds of Retry-After', 503, { 'retry-after': '7' }, 7],
    ['a date in Retry-After', 503, { 'retry-after': 'Thu, 01 Jan 1970 00:02:00 GMT' }, 20],
    ['a RateLimit window that is used up', 429, { ratelimit: '"resolvers";r=0;t=172' }, 173],
  ])('waits as long as the server asks: %s', async (_name, status, headers, wait) => {
    await using server = await answersThenFine([status, headers]);
    const { http, waits } = quickHttp({ now: () => 100_000 });
    expect((await http.fetch(server.origin)).status).toBe(200);
    expect(waits).toEqual([wait]);
  });

  test('is not waited for beyond the bound; the error says when', async () => {
    await using server = await answersThenFine([429, { ratelimit: '"api";r=0;t=3599' }]);
    const { http, waits } = quickHttp();
    const error = await caught(http.fetch(server.origin));
    expect(error.code).toBe('RATE_LIMITED');
    expect(error.message).toContain('asked again in 1 h 00 min');
    expect(waits).toEqual([]);
    expect(server.seen).toHaveLength(1);
  });

  test('shares one bound on all its waits', async () => {
    const limited: [number, Record<string, string>] = [429, { 'retry-after': '100' }];
    await using server = await answersThenFine(limited, limited, limited, limited);
    const { http, waits } = quickHttp({ waitLimitSeconds: 250 });
    expect((await caught(http.fetch(server.origin))).code).toBe('RATE_LIMITED');
    expect(waits).toEqual([100, 100]);
  });
});

describe('a failed request', () => {
  test.each([
    ['cuts the connection', 'the connection was cut'],
    ['never answers', 'no answer came in time'],
    ['stops in mid-answer', 'no answer came in time'],
    ['speaks something else', 'what answers is no HTTP server'],
    ['answers an impossible status', 'it answered 999, which is no HTTP status'],
    ['asks as a proxy', 'the proxy asks for a user name and password'],
  ])('says why when the server %s', async (behaviour, reason) => {
    await using server = await startLocalServer((request, response) => {
      if (behaviour === 'cuts the connection') request.socket.destroy();
      if (behaviour === 'stops in mid-answer') response.writeHead(200).write('abc');
      if (behaviour === 'speaks something else') request.socket.end('SSH-2.0-x\r\n\r\n');
      if (behaviour === 'answers an impossible status') response.writeHead(999).end();
      if (behaviour === 'asks as a proxy') response.writeHead(407).end();
    });
    const { http } = quickHttp({ answerSeconds: 0.2, retryLimit: 1 });
    const url = `${server.origin}/file?Signature=topsecret`;
    const error = await caught(http.fetch(url, { headers: { authorization: `Bearer ${TOKEN}` } }));
    expect(error.code).toBe('NETWORK');
    expect(error.message).toBe(`Could not reach ${new URL(server.origin).host}: ${reason}`);
    expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/topsecret|averysecret/u);
  });

  test('says that the connection was refused, after as many tries as the limit says', async () => {
    const { http, events } = quickHttp({ retryLimit: 2 });
    const error = await caught(http.fetch(await closedOrigin()));
    expect(error.message).toContain('the connection was refused');
    expect(error.hint).toBeUndefined();
    expect(events).toHaveLength(2);
  });

  test('says that the name has no address', async () => {
    const error = await caught(quickHttp().http.fetch('http://no-such-host.invalid/'));
    expect(error.code).toBe('NETWORK');
    expect(error.message).toMatch(/^Could not reach no-such-host\.invalid: its name could not be/u);
  });
});

describe('an aborted request', () => {
  test('is not sent when the signal was aborted before', async () => {
    await using server = await answersThenFine();
    const { http } = quickHttp();
    const error = await caught(http.fetch(server.origin, { signal: AbortSignal.abort() }));
    expect(error.code).toBe('INTERRUPTED');
    expect(server.seen).toHaveLength(0);
  });

  test('ends at once with the reason of the signal, and is not tried again', async () => {
    const abort = new AbortController();
    await using server = await startLocalServer(() => {
      abort.abort(new LlameroError('TERMINATED', 'Terminated'));
    });
    const { http } = quickHttp();
    const error = await caught(http.fetch(server.origin, { signal: abort.signal }));
    expect(error.code).toBe('TERMINATED');
    expect(server.seen).toHaveLength(1);
  });

  test('does not sit out the wait for another try', async () => {
    await using server = await answersThenFine([503, { 'retry-after': '60' }]);
    const abort = new AbortController();
    const http = createHttp({
      version: '1.2.3',
      environment: {},
      onRetry: () => {
        abort.abort();
      },
    });
    const error = await caught(http.fetch(server.origin, { signal: abort.signal }));
    expect(error.code).toBe('INTERRUPTED');
  });
});
