import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { answers, waitUntilReady } from '../../../src/lib/server/ready.ts';
import { caught } from '../../support/caught.ts';
import { freePort } from '../../support/free-port.ts';
import { startLocalServer } from '../../support/local-server.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-ready-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function startAnswering(status: number, body: unknown) {
  const server = await startLocalServer((_request, response) => {
    response.statusCode = status;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(body));
  });
  const { hostname, port } = new URL(server.origin);
  return { server, address: { host: hostname, port: Number(port) } };
}

describe('a server that answers', () => {
  test.each([
    ['with its models', 200, { data: [] }, true],
    ['that it is not ready', 503, { error: { message: 'Loading model' } }, false],
    ['like something else', 200, { hello: 'world' }, false],
  ])('%s', async (_how, status, body, expected) => {
    const { address, server } = await startAnswering(status, body);
    await using _server = server;
    expect(await answers(address)).toBe(expected);
  });

  test('that our key is wrong is no server to wait for', async () => {
    const { address, server } = await startAnswering(401, {
      error: { code: 401, message: 'Invalid API Key', type: 'authentication_error' },
    });
    await using _server = server;
    const error = await caught(answers({ ...address, apiKey: 'old-key' }));
    expect(error.code).toBe('API_KEY_INVALID');
    expect(error.hint).toContain('llamero stop --server');
    expect(JSON.stringify([error.message, error.hint, String(error.cause)])).not.toContain(
      'old-key',
    );
  });
});

describe('a wait for a server', () => {
  async function wait(ranBefore: boolean, hasEnded: boolean, log = '') {
    const logFile = path.join(folder, 'server.log');
    await writeFile(logFile, log);
    return caught(
      waitUntilReady({
        address: { host: '127.0.0.1', port: await freePort() },
        logFile,
        presetsFile: path.join(folder, 'presets.ini'),
        timeoutSeconds: 0,
        ranBefore,
        hasEnded: () => hasEnded,
      }),
    );
  }

  test('that was just started may take more time', async () => {
    const error = await wait(false, false);
    expect(error.code).toBe('SERVER_START_FAILED');
    expect(error.hint).toContain('server.start-timeout');
  });

  test('that ran before ends with the way to get rid of it', async () => {
    expect((await wait(true, false)).hint).toContain('llamero stop --server');
  });

  test('that ended tells why, from its log', async () => {
    const error = await wait(
      false,
      true,
      '# llamero starts llama.cpp at 2026-01-01T00:00:00.000Z\nerror while handling argument "--port": stoi\n',
    );
    expect(error.message).toBe('The server did not start: --port has a bad value (stoi)');
  });
});
