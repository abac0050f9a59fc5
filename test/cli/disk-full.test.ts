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
  const partial = '"$LLAMERO_HOME"/models/llama/plain/Q4_K_M.gguf.partial';
  const output = await onSmallDisk(
    '5m',
    `"$NODE" "$PROGRAM" pull llama/plain & pid=$!
     until grep -qs '"intervals":\\[\\[' ${partial}.json; do sleep 0.05; done
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

test('a result of which the disk takes a part is no result', async () => {
  const output = await onSmallDisk(
    '4k',
    `"$NODE" "$PROGRAM" config list --json > "$LLAMERO_HOME/out.json"; echo "exit $?"
     stat -c "%s bytes" "$LLAMERO_HOME/out.json"`,
  );
  expect(output).toContain('error: The disk is full: the output could not be written\n');
  expect(output).toContain('exit 7\n4096 bytes');
});

test('what only looks works where nothing can be kept', async () => {
  const output = await onSmallDisk(
    '1m',
    `"$NODE" "$PROGRAM" config path; mount -o remount,ro "$LLAMERO_HOME"
     for command in version list "list --sort params" ps "engine list"; do
       "$NODE" "$PROGRAM" $command >/dev/null 2>/tmp/error.$$; echo "$command: exit $?"; cat /tmp/error.$$
     done; rm /tmp/error.$$`,
  );
  expect(output.match(/exit \d+/gu)).toEqual(Array<string>(5).fill('exit 0'));
  expect(output).not.toContain('error:');
});

test('a lock that was left behind on a disk that takes no more', async () => {
  const output = await onSmallDisk(
    '64k',
    `dd if=/dev/zero of="$LLAMERO_HOME/filler" bs=4k 2>/dev/null
     "$NODE" "$PROGRAM" alias set fast user/repo:Q4_K_M; echo "full: exit $?"
     ls "$LLAMERO_HOME"/*.lock 2>/dev/null
     echo '{' > "$LLAMERO_HOME/aliases.json.lock"; touch -d '1 hour ago' "$LLAMERO_HOME/aliases.json.lock"
     mount -o remount,ro "$LLAMERO_HOME"
     "$NODE" "$PROGRAM" alias rm fast; echo "read-only: exit $?"`,
  );
  expect(output).toContain('read-only: exit 7');
  expect(output).not.toContain('bug');
  expect(output).not.toMatch(/aliases\.json\.lock$/mu);
});
