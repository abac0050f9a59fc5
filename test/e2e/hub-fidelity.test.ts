import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { ensureEngine } from '../support/engine/engine.ts';
import type { TestEngine } from '../support/engine/engine.ts';
import { startLlamaServer } from '../support/engine/llama-server.ts';
import type { RunningLlamaServer } from '../support/engine/llama-server.ts';
import { quantizeModel, splitModel } from '../support/gguf/quantize.ts';
import { writeTinyModel } from '../support/gguf/tiny-model.ts';
import { startHub, testToken } from '../support/hub/hub.ts';
import type { FileSource, TestHub } from '../support/hub/hub.ts';

const PLAIN = 'One file came from the hub.';
const SHARDED = 'Three shards came from the hub.';
const TOKEN = testToken('engine');

let engine: TestEngine;
let folder: string;
let hub: TestHub;

beforeAll(async () => {
  engine = await ensureEngine();
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-hub-'));
  hub = await startHub();
  const [q4, q8, sharded] = ['tiny-Q4_K_M.gguf', 'tiny-Q8_0.gguf', 'shards'].map((name) =>
    path.join(folder, name),
  ) as [string, string, string];
  const [plain, other] = [path.join(folder, 'plain.gguf'), path.join(folder, 'other.gguf')];
  await writeTinyModel({ path: plain, sentence: PLAIN });
  await writeTinyModel({ path: other, sentence: SHARDED });
  await quantizeModel(engine, plain, q4, 'Q4_K_M');
  await quantizeModel(engine, other, q8, 'Q8_0');
  const shards = await splitModel(engine, other, sharded, 4);

  const readme: FileSource = { content: '# Tiny' };
  const files = {
    'README.md': readme,
    'tiny-Q4_K_M.gguf': { file: q4 },
    'tiny-Q8_0.gguf': { file: q8 },
  };
  await hub.addRepo('acme/tiny-GGUF', files);
  await hub.addRepo('acme/private-GGUF', files, { private: true, tokensWithAccess: [TOKEN] });
  await hub.addRepo('acme/old-GGUF', {}, { renamedTo: 'acme/tiny-GGUF' });
  await hub.addRepo('acme/sharded-GGUF', {
    'README.md': readme,
    ...Object.fromEntries(
      shards.map((file, index) => [
        `F32/sharded-F32-0000${index + 1}-of-0000${shards.length}.gguf`,
        { file },
      ]),
    ),
  });
}, 300_000);

beforeEach(() => {
  hub.clearRequests();
  hub.faults.clear();
});

afterAll(async () => {
  await hub?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

/** An unmodified llama-server, told of nothing but the hub and a private place for its files. */
async function startFromHub(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningLlamaServer & { readonly home: string }> {
  const home = await mkdtemp(path.join(folder, 'home-'));
  const server = await startLlamaServer(engine, words, {
    environment: { HF_ENDPOINT: hub.endpoint, HF_HOME: home, HOME: home, ...environment },
  });
  return { ...server, home };
}

async function sayingOf(server: RunningLlamaServer): Promise<string | undefined> {
  const response = await fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'What came?' }] }),
  });
  const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
  return choices[0]?.message.content;
}

function downloaded(): string[] {
  const names = hub.requests
    .filter((request) => request.host === 'cdn' && request.method === 'GET')
    .map((request) => path.posix.basename(request.subject));
  return [...new Set(names)].sort();
}

describe('an unmodified llama-server -hf downloads from the hub and answers', () => {
  test('from the quant asked for', async () => {
    await using server = await startFromHub(['-hf', 'acme/tiny-GGUF:Q4_K_M']);
    expect(await sayingOf(server)).toBe(PLAIN);
    expect(downloaded()).toEqual(['tiny-Q4_K_M.gguf']);
    const snapshots = path.join(server.home, 'hub', 'models--acme--tiny-GGUF', 'snapshots');
    const [commit = ''] = await readdir(snapshots);
    const name = 'tiny-Q4_K_M.gguf';
    const content = await readFile(path.join(snapshots, commit, name));
    expect(content.equals(await readFile(path.join(folder, name)))).toBe(true);
  });

  test('from another quant of the same repository', async () => {
    await using server = await startFromHub(['-hf', 'acme/tiny-GGUF:q8_0']);
    expect(await sayingOf(server)).toBe(SHARDED);
    expect(downloaded()).toEqual(['tiny-Q8_0.gguf']);
  });

  test('from the quant it takes by itself', async () => {
    await using server = await startFromHub(['-hf', 'acme/tiny-GGUF']);
    expect(await sayingOf(server)).toBe(PLAIN);
  });

  test('from shards in a folder', async () => {
    await using server = await startFromHub(['-hf', 'acme/sharded-GGUF:F32']);
    expect(await sayingOf(server)).toBe(SHARDED);
    expect(downloaded()).toEqual([
      'sharded-F32-00001-of-00003.gguf',
      'sharded-F32-00002-of-00003.gguf',
      'sharded-F32-00003-of-00003.gguf',
    ]);
  });

  test('from a repository that was renamed', async () => {
    await using server = await startFromHub(['-hf', 'acme/old-GGUF:Q4_K_M']);
    expect(await sayingOf(server)).toBe(PLAIN);
  });

  test('from a private repository, with its token', async () => {
    await using server = await startFromHub(['-hf', 'acme/private-GGUF:Q4_K_M'], {
      HF_TOKEN: TOKEN,
    });
    expect(await sayingOf(server)).toBe(PLAIN);
    expect(hub.tokenLeaks()).toEqual([]);
  });

  test('after a connection was cut in mid-file, from where it stopped', async () => {
    hub.faults.add(
      { host: 'cdn', method: 'GET', path: 'tiny-Q4_K_M.gguf', times: 1 },
      { kind: 'end', afterBytes: 300_000 },
    );
    await using server = await startFromHub(['-hf', 'acme/tiny-GGUF:Q4_K_M']);
    expect(await sayingOf(server)).toBe(PLAIN);
    const ranges = hub.requests
      .filter((request) => request.host === 'cdn' && request.method === 'GET')
      .map((request) => request.headers.range);
    expect(ranges).toEqual([undefined, 'bytes=300000-']);
  });
});

test('an unmodified llama-server -hf is refused a private repository without a token', async () => {
  await expect(startFromHub(['-hf', 'acme/private-GGUF:Q4_K_M'])).rejects.toThrow('401');
});
