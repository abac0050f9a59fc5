import { open } from 'node:fs/promises';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { writeTinyModel } from '../support/gguf/tiny-model.ts';
import { startHub, type TestHub } from '../support/hub/hub.ts';
import { ServerHome } from '../support/server-home.ts';

const REF = 'tiny/talker:F32';
const SENTENCE = 'The good file speaks.';

let hub: TestHub;
let home: ServerHome;

beforeEach(async () => {
  hub = await startHub();
  home = await ServerHome.start();
  Object.assign(home.env, { HF_ENDPOINT: hub.endpoint, LLAMERO_OFFLINE: '0' });
  const file = path.join(home.folder, 'talker-F32.gguf');
  await writeTinyModel({ path: file, sentence: SENTENCE, contextSize: 4096 });
  await hub.addRepo('tiny/talker', { 'talker-F32.gguf': { file } });
  expect((await home.run(['pull', REF])).exitCode).toBe(0);
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
  await hub.close();
});

/** Overwrites the words that every GGUF file begins with. */
async function damage(): Promise<void> {
  const handle = await open(home.path('models', 'tiny', 'talker', 'F32.gguf'), 'r+');
  try {
    await handle.write(Buffer.from('damage'), 0, 6, 0);
  } finally {
    await handle.close();
  }
}

test('a damaged model that will not load leads to the command that mends it', async () => {
  await damage();
  const failed = await home.run(['run', REF, 'Hello']);
  expect(failed.exitCode).toBe(10);
  expect(failed.stderr).toContain('the file is damaged: it is no GGUF file');
  expect(failed.stderr).toContain(`\`llamero verify ${REF}\``);
  const checked = await home.run(['verify', REF]);
  expect(checked.exitCode).toBe(8);
  expect(checked.stderr).toContain(`\`llamero verify ${REF} --repair\``);
  expect((await home.run(['verify', REF, '--repair'])).exitCode).toBe(0);
  expect((await home.run(['run', REF, 'Hello'])).stdout.trim()).toBe(SENTENCE);
});

test('a server that has the damaged file loaded is named after the repair', async () => {
  expect((await home.run(['run', REF, 'Hello'])).exitCode).toBe(0);
  await damage();
  const { exitCode, stderr, stdout } = await home.run(['verify', REF, '--repair']);
  expect(exitCode).toBe(0);
  expect(stdout).toContain(`✓ ${REF}  repaired\n`);
  expect(stderr).toContain(`${REF} is loaded, with the file as it was: \`llamero stop ${REF}\``);
  await damage();
  const again = await home.run(['verify', '--repair', '--json']);
  expect(JSON.parse(again.stdout)).toMatchObject({
    models: [{ ref: REF, repaired: true, loaded: true }],
    damaged: 0,
  });
});
