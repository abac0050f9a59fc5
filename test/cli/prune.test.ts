import { access, cp, mkdir, readdir, utimes, writeFile } from 'node:fs/promises';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { CliHome, type CliResult } from '../support/cli.ts';
import { scriptArchive } from '../support/engine/script-engine.ts';
import { Pty } from '../support/pty.ts';
import { startReleases, type TestReleases } from '../support/releases/releases.ts';

const REF = 'llama/half:Q4_K_M';

let home: CliHome;
let releases: TestReleases;

beforeEach(async () => {
  releases = await startReleases();
  home = await CliHome.create({ LLAMERO_RELEASES_URL: releases.baseUrl });
  // No llama-server of the machine is on this PATH.
  home.env['PATH'] = '/usr/bin:/bin';
  for (const build of [100, 101]) {
    await releases.publish(`b${build}`, await scriptArchive(home.folder, { build }));
    await releases.publishStable(`v0.${build}.0`, `b${build}`);
    await ok(['update']);
  }
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
  await releases.close();
});

async function ok(words: readonly string[]): Promise<CliResult> {
  const result = await home.run(words);
  expect(result, result.stderr).toMatchObject({ exitCode: 0 });
  return result;
}

/** A build that stayed because a server ran it, an interrupted installation and an interrupted pull. */
async function leaveThings(): Promise<void> {
  await cp(home.path('bin', 'b101-cpu'), home.path('bin', 'b99-cpu'), { recursive: true });
  await mkdir(home.path('bin', '.downloads', 'abc'), { recursive: true });
  await writeFile(home.path('bin', '.downloads', 'abc', 'x.tar.gz.partial'), 'y'.repeat(5000));
  await mkdir(home.path('models', 'llama', 'half'), { recursive: true });
  await writeFile(home.path('models', 'llama', 'half', 'Q4_K_M.gguf.partial'), 'z'.repeat(7000));
}

const engines = async (): Promise<string[]> => (await readdir(home.path('bin'))).sort();

test('the build in use and the one before stay; older ones and left downloads go', async () => {
  await leaveThings();
  const { stderr } = await ok(['prune', '--yes']);
  expect(stderr).toMatch(/^Freed [\d.]+ kB\n$/u);
  expect(await engines()).toEqual(['b100-cpu', 'b101-cpu', 'version.json']);
  expect((await ok(['prune', '--yes'])).stderr).toBe('There is nothing to remove\n');
});

test('unfinished pulls go only when that is asked for', async () => {
  await leaveThings();
  await ok(['prune', '--yes']);
  await access(home.path('models', 'llama', 'half', 'Q4_K_M.gguf.partial'));
  const { stdout } = await home.run(['prune', '--partials', '--yes', '--json']);
  expect(JSON.parse(stdout)).toEqual({
    builds: [],
    left: [],
    partials: [REF],
    failed: [],
    freed: 7000,
  });
  expect(await readdir(home.path('models'))).toEqual([]);
});

test('--dry-run shows it and removes nothing', async () => {
  await leaveThings();
  const before = await engines();
  const { stderr, stdout } = await ok(['prune', '--partials', '--dry-run']);
  expect(stdout.replaceAll(/\d+(?:\.\d+)? k?B/gu, '<size>')).toBe(
    `llama.cpp b99-cpu  <size>\ninterrupted installations  <size>\n${REF}  <size>\n`,
  );
  expect(stderr).toContain('In all ');
  expect(await engines()).toEqual(before);
});

test('nobody there to confirm: exit 2, and nothing is removed', async () => {
  await leaveThings();
  const { exitCode, stderr } = await home.run(['prune']);
  expect({ exitCode, stderr }).toEqual({
    exitCode: 2,
    stderr: expect.stringContaining('--dry-run to see what would go') as string,
  });
  expect(await engines()).toContain('b99-cpu');
});

test('on a terminal it is shown, and asked about', async () => {
  await leaveThings();
  await using pty = new Pty(home, ['prune']);
  await pty.waitFor('Remove it?');
  expect(pty.output).toContain('llama.cpp b99-cpu');
  pty.type('y\r');
  expect(await pty.ended).toBe(0);
  expect(await engines()).toEqual(['b100-cpu', 'b101-cpu', 'version.json']);
});

test('what a write left that was cut off goes when it is old', async () => {
  const folders = ['run', 'models/llama/half'];
  for (const folder of folders) {
    await mkdir(home.path(folder), { recursive: true });
    await writeFile(home.path(folder, 'new.json.0123456789ab.tmp'), 'x');
    await writeFile(home.path(folder, 'other.tmp'), 'x');
    await writeFile(home.path(folder, 'old.json.0123456789ab.tmp'), 'y'.repeat(500));
    await utimes(home.path(folder, 'old.json.0123456789ab.tmp'), 1, 1);
    await utimes(home.path(folder, 'other.tmp'), 1, 1);
  }
  const old = folders.map((folder) => home.path(folder, 'old.json.0123456789ab.tmp'));
  expect((await ok(['prune', '--dry-run'])).stdout).toBe('2 interrupted writes  1.00 kB\n');
  const { stdout } = await ok(['prune', '--yes', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ left: old, freed: 1000 });
  for (const folder of folders) {
    expect((await readdir(home.path(folder))).filter((name) => name.endsWith('.tmp'))).toEqual([
      'new.json.0123456789ab.tmp',
      'other.tmp',
    ]);
  }
});
