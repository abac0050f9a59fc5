import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { CliHome } from '../support/cli.ts';
import { startHub, type TestHub } from '../support/hub/hub.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../bin/run.js');
const MODEL = randomBytes(3_000_000);

let hub: TestHub;
let home: CliHome;

beforeEach(async () => {
  hub = await startHub();
  await hub.addRepo('llama/plain', { 'plain-Q4_K_M.gguf': { content: MODEL } });
  const folder = await CliHome.create();
  const config = path.join(folder.folder, 'config.yaml');
  await writeFile(config, 'pull:\n  reserve: 0\n');
  Object.assign(folder.env, { HF_ENDPOINT: hub.endpoint, LLAMERO_CONFIG: config });
  home = folder;
  await mkdir(home.path());
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
  await hub.close();
});

/** Runs a shell script in which LLAMERO_HOME is a small file system of its own. */
async function onSmallDisk(size: string, script: string): Promise<string> {
  const mount = `mount -t tmpfs -o size=${size} tmpfs "$LLAMERO_HOME"`;
  const { all } = await execa('unshare', ['-rm', 'sh', '-c', `${mount} || exit 99\n${script}`], {
    env: { ...home.env, NODE: process.execPath, PROGRAM },
    extendEnv: false,
    all: true,
  });
  return all;
}

test('a model that does not fit is refused before its first byte', async () => {
  const output = await onSmallDisk('2m', '"$NODE" "$PROGRAM" pull llama/plain; echo "exit $?"');
  expect(output).toContain('Not enough disk space: 3.00 MB to write, 2.1');
  expect(output).toContain('llamero rm <ref>');
  expect(output).toContain('exit 7');
  expect(hub.requests.filter(({ host }) => host === 'cdn')).toEqual([]);
});

test('a disk that fills in mid-pull keeps what is there; with room the pull continues', async () => {
  const slow = hub.faults.add({ host: 'cdn' }, { kind: 'throttle', bytesPerSecond: 1_500_000 });
  const partial = '"$LLAMERO_HOME/models/llama/plain/Q4_K_M.gguf.partial"';
  const output = await onSmallDisk(
    '5m',
    `"$NODE" "$PROGRAM" pull llama/plain & pid=$!
     until [ "$(stat -c %s ${partial} 2>/dev/null || echo 0)" -gt 500000 ]; do sleep 0.05; done
     dd if=/dev/zero of="$LLAMERO_HOME/filler" bs=64k 2>/dev/null
     wait $pid; echo "exit $?"
     ls "$LLAMERO_HOME/models/llama/plain"
     rm "$LLAMERO_HOME/filler"
     "$NODE" "$PROGRAM" pull llama/plain; echo "then exit $?"
     sha256sum "$LLAMERO_HOME/models/llama/plain/Q4_K_M.gguf"`,
  );
  slow.remove();
  expect(output).toContain('The disk is full');
  expect(output).toContain('exit 7');
  expect(output).toContain('Q4_K_M.gguf.partial');
  expect(output).toContain('of it is here already');
  expect(output).toContain('then exit 0');
  const { createHash } = await import('node:crypto');
  expect(output).toContain(createHash('sha256').update(MODEL).digest('hex'));
});

test('a home that may not be written is exit 7 with a way out', async () => {
  const output = await onSmallDisk(
    '5m',
    'mount -o remount,ro "$LLAMERO_HOME"; "$NODE" "$PROGRAM" pull llama/plain; echo "exit $?"',
  );
  expect(output).toContain('may not be written');
  expect(output).toContain('LLAMERO_HOME');
  expect(output).toContain('exit 7');
});
