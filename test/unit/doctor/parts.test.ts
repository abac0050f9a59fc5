import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { openHistory } from '../../../src/lib/chat/history/history.ts';
import { loadConfig } from '../../../src/lib/config/config.ts';
import type { Environment } from '../../../src/lib/config/environment.ts';
import { checkAliases } from '../../../src/lib/doctor/aliases.ts';
import { checkApiKey } from '../../../src/lib/doctor/api-key.ts';
import { checkHistory } from '../../../src/lib/doctor/history.ts';
import { checkNode } from '../../../src/lib/doctor/node.ts';
import { checkPartials } from '../../../src/lib/doctor/partials.ts';
import { checkServer } from '../../../src/lib/doctor/server.ts';
import { checkForeignSettings, checkSettings } from '../../../src/lib/doctor/settings.ts';
import { checkToken } from '../../../src/lib/doctor/token.ts';
import type { Finding } from '../../../src/lib/doctor/types.ts';
import { createHttp } from '../../../src/lib/http/http.ts';
import { createHub } from '../../../src/lib/hub/hub.ts';
import { processIdentity } from '../../../src/lib/process-identity.ts';
import { writeState } from '../../../src/lib/server/state.ts';
import type { KeySources } from '../../../src/lib/server/api-key.ts';
import { createAliases } from '../../../src/lib/store/aliases.ts';
import type { StoredModel } from '../../../src/lib/store/model.ts';
import { temporaryPaths } from '../config/temporary-paths.ts';
import { startHub, testToken } from '../../support/hub/hub.ts';
import { startLocalServer } from '../../support/local-server.ts';

const NOW = new Date('2026-06-15T12:00:00Z');
const { signal } = new AbortController();

describe('Node', () => {
  test.each([
    ['24.15.0', 'ok'],
    ['22.22.2', 'ok'],
    ['26.0.0', 'ok'],
    ['99.0.0', 'ok'],
  ])('%s is %s', (version, severity) => {
    expect(checkNode(version, NOW)).toMatchObject([{ severity }]);
  });

  test('of a line that has ended is a warning', () => {
    expect(checkNode('22.30.0', new Date('2027-04-30T12:00:00Z'))).toMatchObject([
      { severity: 'ok' },
    ]);
    expect(checkNode('22.30.0', new Date('2027-05-01T00:00:00Z'))).toMatchObject([
      {
        severity: 'warning',
        message: expect.stringMatching(
          /^Node\.js 22\.30\.0 gets no security fixes since 2027-04-30/u,
        ) as string,
      },
    ]);
  });
});

test('settings files of llama.cpp are a note each', () => {
  expect(checkForeignSettings([])).toEqual([]);
  expect(checkForeignSettings(['/etc/llama.cpp/config.ini'])).toMatchObject([{ severity: 'note' }]);
});

describe('the settings', () => {
  async function look(environment: Environment, text?: string): Promise<string | undefined> {
    const paths = await temporaryPaths(text);
    const load = (): ReturnType<typeof loadConfig> => loadConfig({ paths, environment });
    const [finding] = await checkSettings({ file: paths.configFile, load });
    return finding?.message.replace(paths.configFile, '<file>');
  }

  test('without a file are the defaults', async () => {
    expect(await look({})).toBe('No settings file; all settings are the defaults');
  });

  test('that variables set are not the defaults', async () => {
    const before = 'No settings file; all settings are the defaults, but for what';
    expect(await look({ LLAMERO_PORT: '1234' })).toBe(`${before} LLAMERO_PORT sets`);
    expect(await look({ LLAMERO_PORT: '1234', LLAMERO_HOST: '::1' })).toBe(
      `${before} LLAMERO_HOST and LLAMERO_PORT set`,
    );
  });

  test('that stand in the file alone are in order', async () => {
    expect(await look({}, 'server:\n  port: 1234\n')).toBe('<file> is in order');
  });
});

describe('the API key', () => {
  let folder: string;
  let ownFile: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'llamero-doctor-'));
    ownFile = path.join(folder, 'api-key');
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const look = (sources: KeySources, host = '127.0.0.1'): Promise<Finding[]> =>
    checkApiKey({ host, sources, ownFile, platform: 'linux' });

  test('that is none, or can be one, is nothing to tell', async () => {
    expect(await look({})).toEqual([]);
    expect(await look({ value: 'secret' })).toEqual([]);
    await writeFile(ownFile, 'secret');
    expect(await look({}, '0.0.0.0')).toEqual([]);
    expect(await readdir(folder)).toEqual(['api-key']);
  });

  test('that cannot be one is to be unset where it is set, and is not told itself', async () => {
    const [finding] = await look({ value: 'a b' });
    expect(finding).toMatchObject({
      id: 'api-key',
      severity: 'error',
      code: 'API_KEY_INVALID',
      fix: 'unset LLAMERO_API_KEY',
    });
    expect(JSON.stringify(finding)).not.toContain('a b');
  });

  test('of a file that has none is to be unset in the settings', async () => {
    expect(await look({ file: path.join(folder, 'none') })).toMatchObject([
      { code: 'API_KEY_INVALID', fix: 'llamero config unset server.api-key-file' },
    ]);
  });

  test('that was kept and is damaged is to be removed', async () => {
    await writeFile(ownFile, 'a b');
    expect(await look({}, '0.0.0.0')).toMatchObject([
      { code: 'API_KEY_INVALID', fix: `rm ${ownFile}` },
    ]);
  });

  test('is missing where the server is open to others', async () => {
    expect(await look({}, '0.0.0.0')).toMatchObject([
      { code: 'API_KEY_REQUIRED', fix: 'llamero serve --generate-api-key' },
    ]);
  });
});

describe('the history', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'llamero doctor-'));
    file = path.join(folder, 'history.db');
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const look = (): Promise<Finding[]> => checkHistory({ file, platform: 'linux' });

  test('that is none is nothing to tell, and is not begun', async () => {
    expect(await look()).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });

  test('that can be read says how much it holds', async () => {
    (await openHistory({ file }))[Symbol.dispose]();
    expect(await look()).toEqual([
      { id: 'history', severity: 'ok', message: `0 conversations in ${file}` },
    ]);
  });

  test('that is damaged is moved away by a command', async () => {
    await writeFile(file, 'garbage '.repeat(1000));
    expect(await look()).toEqual([
      {
        id: 'history',
        severity: 'error',
        code: 'HISTORY_DAMAGED',
        message: `The history of conversations is damaged: ${file} cannot be read`,
        fix: `mv '${file}' '${file}.damaged'`,
      },
    ]);
  });

  test('that is damaged again does not go over the one that was moved away before', async () => {
    await writeFile(file, 'garbage '.repeat(1000));
    await writeFile(`${file}.damaged`, 'the first');
    await symlink('gone', `${file}.damaged-2`);
    expect(await look()).toMatchObject([{ fix: `mv '${file}' '${file}.damaged-3'` }]);
  });
});

describe('the token', () => {
  const http = createHttp({ version: '1.2.3', environment: {} });
  const token = testToken('mine');

  async function look(
    endpoint: string,
    sent: string,
    { offline = false, platform = 'linux' }: { offline?: boolean; platform?: NodeJS.Platform } = {},
  ): Promise<Finding[]> {
    const own = { token: sent, origin: 'HF_TOKEN' };
    const hub = createHub({
      http,
      endpoint,
      token: own,
      offline: offline ? { by: 'LLAMERO_OFFLINE', end: 'Unset LLAMERO_OFFLINE' } : undefined,
    });
    return checkToken({
      find: () => Promise.resolve(own),
      ask: () => hub.account(),
      offline,
      platform,
    });
  }

  test('that is none is fine', async () => {
    const found = await checkToken({
      find: () => Promise.resolve(undefined),
      ask: () => Promise.reject(new Error('never asked')),
      offline: false,
      platform: 'linux',
    });
    expect(found).toMatchObject([{ severity: 'ok' }]);
  });

  test('that the hub takes is told with its owner, and itself never', async () => {
    await using hub = await startHub({ tokens: { [token]: { name: 'ana', role: 'write' } } });
    const found = await look(hub.endpoint, token);
    expect(found).toEqual([
      {
        id: 'token',
        severity: 'ok',
        message: 'The token from HF_TOKEN belongs to ana, and may write',
      },
    ]);
    expect(hub.requests.map(({ path: asked }) => asked)).toEqual(['/api/whoami-v2']);
  });

  test('that the hub refuses is an error, and itself not told', async () => {
    await using hub = await startHub();
    const found = await look(hub.endpoint, token);
    expect(found).toMatchObject([
      { severity: 'error', code: 'TOKEN_REFUSED', fix: 'unset HF_TOKEN' },
    ]);
    expect(JSON.stringify(found)).not.toContain(token);
    expect(await look(hub.endpoint, token, { platform: 'win32' })).toMatchObject([
      { fix: 'Remove-Item Env:HF_TOKEN' },
    ]);
  });

  test('from the file is made anew by logging in', async () => {
    await using hub = await startHub();
    const own = { token, origin: 'the file /home/me/token' };
    const asked = createHub({ http, endpoint: hub.endpoint, token: own });
    const found = await checkToken({
      find: () => Promise.resolve(own),
      ask: () => asked.account(),
      offline: false,
      platform: 'linux',
    });
    expect(found).toMatchObject([{ fix: 'hf auth login' }]);
  });

  test('is not asked about offline', async () => {
    await using hub = await startHub();
    expect(await look(hub.endpoint, token, { offline: true })).toMatchObject([
      { severity: 'note' },
    ]);
    expect(hub.requests).toEqual([]);
  });

  test('that a hub out of order cannot judge is a warning', async () => {
    await using broken = await startLocalServer((_request, response) => {
      response.setHeader('content-type', 'application/json').end('{"name":7}');
    });
    expect(await look(broken.origin, token)).toMatchObject([
      { severity: 'warning', message: expect.stringMatching(/could not be checked/u) as string },
    ]);
  });
});

describe('the record of the server', () => {
  let folder: string;
  let stateFile: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'llamero-doctor-'));
    stateFile = path.join(folder, 'server.json');
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function look(): Promise<Finding[]> {
    return checkServer({ stateFile, logFile: path.join(folder, 'server.log'), signal });
  }

  async function claim(port: number, pid = process.pid): Promise<void> {
    await writeState(stateFile, {
      pid,
      identity: (await processIdentity(process.pid)) ?? '',
      startedAt: NOW.toISOString(),
      host: '127.0.0.1',
      port,
      engine: { command: ['/x/llama-server'] },
      models: [],
      presets: '',
    });
  }

  test('that is not there means that none runs', async () => {
    expect(await look()).toMatchObject([{ severity: 'ok', message: 'No server runs' }]);
  });

  test('of one that has ended is stale, and why it ended is told', async () => {
    await claim(5526, 2 ** 22 + 1);
    expect(await look()).toMatchObject([
      {
        severity: 'warning',
        message: expect.stringMatching(
          /ended without being asked to: its process was killed/u,
        ) as string,
        fix: 'llamero stop --server',
      },
    ]);
  });

  test('that is damaged is told', async () => {
    await writeFile(stateFile, '{"pid":');
    expect(await look()).toMatchObject([
      { severity: 'warning', message: expect.stringMatching(/damaged/u) as string },
    ]);
  });

  test('of one that answers is right; of one that is stuck it is an error', async () => {
    await using server = await startLocalServer((request, response) => {
      const body = request.url === '/health' ? { status: 'ok' } : { data: [] };
      response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    });
    await claim(Number(new URL(server.origin).port));
    expect(await look()).toMatchObject([
      { severity: 'ok', message: expect.stringMatching(/answers$/u) as string },
    ]);
    await claim(9);
    expect(await look()).toMatchObject([{ code: 'SERVER_ANSWER', fix: 'llamero stop --server' }]);
  });
});

describe('what is stored', () => {
  function model(ref: string, more: Partial<StoredModel> = {}): StoredModel {
    const [repo = '', quant = ''] = ref.split(':');
    return {
      ref,
      repo,
      quant,
      path: `/models/${repo}/${quant}.gguf`,
      files: [],
      size: 1_500_000_000,
      state: 'complete',
      modifiedAt: new Date('2026-05-01T00:00:00Z'),
      ...more,
    };
  }

  const old = { state: 'partial' } as const;
  const young = { ...old, modifiedAt: new Date('2026-06-14T00:00:00Z') };

  test('without old pulls that never ended is fine', () => {
    const id = 'partials';
    const severity = 'ok';
    const whole = model('a/b:Q4_K_M');
    expect(checkPartials([whole], NOW, 'linux')).toEqual([
      { id, severity, message: 'No pull was left unfinished' },
    ]);
    expect(checkPartials([whole, model('a/c:Q8_0', young)], NOW, 'linux')).toEqual([
      { id, severity, message: 'The pull of a/c:Q8_0 is not finished; it was at work 1 day ago' },
    ]);
    const two = ['a/c:Q8_0', 'a/d:Q8_0'].map((ref) => model(ref, young));
    expect(checkPartials(two, NOW, 'linux')).toEqual([
      { id, severity, message: '2 pulls are not finished; they were at work in the last 7 days' },
    ]);
  });

  test('tells one such pull by its name, and how to go on with it', () => {
    expect(
      checkPartials([model('a/b:Q4_K_M', old), model('a/c:Q8_0', young)], NOW, 'linux'),
    ).toEqual([
      {
        id: 'partials',
        severity: 'note',
        message:
          'The pull of a/b:Q4_K_M was left unfinished 6 weeks ago, 1.50 GB of it on the disk',
        fix: 'llamero pull a/b:Q4_K_M',
      },
    ]);
  });

  test.each([
    ['u/r:a; echo x', "llamero pull 'u/r:a; echo x'"],
    ['u; echo x; y/r:Q4_K_M', 'llamero prune --partials'],
    ['u/$(x):Q4_K_M', 'llamero prune --partials'],
    ['-u/r:Q4_K_M', 'llamero prune --partials'],
    ['u/r\n:Q4_K_M', 'llamero prune --partials'],
    ['u/r:Q4_K_M ', 'llamero prune --partials'],
  ])('tells of %j with a command that a shell reads as it is meant', (ref, fix) => {
    expect(checkPartials([model(ref, old)], NOW, 'linux')).toMatchObject([{ fix }]);
  });

  test('tells several together', () => {
    const models = ['a/b:Q2_K', 'a/c:Q2_K'].map((ref) => model(ref, old));
    expect(checkPartials(models, NOW, 'linux')).toMatchObject([
      {
        message: expect.stringMatching(/^2 pulls .* 3\.00 GB/u) as string,
        fix: 'llamero prune --partials',
      },
    ]);
  });

  test('is what aliases have to name', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'llamero-doctor-'));
    const file = path.join(folder, 'aliases.json');
    const aliases = createAliases({ file });
    const models = (): Promise<StoredModel[]> => Promise.resolve([model('a/b:Q4_K_M')]);
    const look = (): Promise<Finding[]> => checkAliases({ aliases, models, platform: 'linux' });
    expect(await look()).toEqual([]);
    await aliases.set('x', 'A/B:q4_k_m');
    expect(await look()).toMatchObject([{ severity: 'ok' }]);
    await aliases.set('y', 'a/gone:Q8_0');
    expect(await look()).toEqual([
      {
        id: 'aliases',
        severity: 'warning',
        message: '1 alias names what is not stored: y (a/gone:Q8_0)',
        fix: 'llamero alias rm y',
      },
    ]);
    await writeFile(file, 'garbage');
    expect(await look()).toEqual([
      {
        id: 'aliases',
        severity: 'warning',
        message: `${file} is damaged: aliases in it are not known. Mend it, or move it away`,
        fix: `mv ${file} ${file}.damaged`,
      },
    ]);
    await rm(folder, { recursive: true });
  });
});
