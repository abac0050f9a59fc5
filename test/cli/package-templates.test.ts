import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const ROOT = path.resolve(import.meta.dirname, '../..');
const REPOSITORY = 'https://example.org/herd/llamero';
const PLATFORMS = [
  'darwin-arm64.tar.gz',
  'darwin-x64.tar.gz',
  'linux-arm64.tar.gz',
  'linux-x64.tar.gz',
  'win32-x64.zip',
];

let folder: string;
let version: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-packaging-'));
  const text = await readFile(path.join(ROOT, 'package.json'), 'utf8');
  ({ version } = JSON.parse(text) as { version: string });
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function digestOf(platform: string): string {
  return createHash('sha256').update(platform).digest('hex');
}

/** Fills the templates for a release of these platforms; the texts by file name. */
async function fill(platforms: readonly string[]): Promise<Record<string, string>> {
  const sums = path.join(folder, 'SHA256SUMS');
  const lines = platforms.map((each) => `${digestOf(each)}  llamero-${version}-${each}\n`);
  await writeFile(sums, lines.join(''));
  const out = path.join(folder, 'out');
  const words = ['scripts/packaging.ts', '--sums', sums, '--repository', REPOSITORY, '--out', out];
  await execa(process.execPath, words, { cwd: ROOT });
  const names = await readdir(out);
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [name, await readFile(path.join(out, name), 'utf8')] as const),
    ),
  );
}

describe('the templates of a release', () => {
  test('are filled to the last place', async () => {
    const filled = await fill(PLATFORMS);
    expect(Object.keys(filled).sort()).toEqual([
      'Llamero.Llamero.installer.yaml',
      'Llamero.Llamero.locale.en-US.yaml',
      'Llamero.Llamero.yaml',
      'install.sh',
      'llamero.rb',
    ]);
    for (const text of Object.values(filled)) expect(text).not.toMatch(/@[A-Z][\w:.-]*@/u);
  });

  test('the formula has every archive with its digest', async () => {
    const { 'llamero.rb': formula = '' } = await fill(PLATFORMS);
    const pairs = [...formula.matchAll(/url "(\S+)"\s+sha256 "(\S+)"/gu)];
    expect(pairs.map(([, url, digest]) => [url, digest])).toEqual(
      PLATFORMS.filter((platform) => !platform.startsWith('win32')).map((platform) => [
        `${REPOSITORY}/releases/download/v${version}/llamero-${version}-${platform}`,
        digestOf(platform),
      ]),
    );
  });

  test('the manifests of winget are YAML and agree', async () => {
    const filled = await fill(PLATFORMS);
    const manifests = Object.entries(filled)
      .filter(([name]) => name.endsWith('.yaml'))
      .map(([, text]) => parse(text) as Record<string, unknown>);
    expect(manifests).toHaveLength(3);
    for (const manifest of manifests) {
      expect(manifest).toMatchObject({
        PackageIdentifier: 'Llamero.Llamero',
        PackageVersion: version,
      });
    }
    expect(manifests.find(({ ManifestType }) => ManifestType === 'installer')).toMatchObject({
      Installers: [
        {
          InstallerUrl: `${REPOSITORY}/releases/download/v${version}/llamero-${version}-win32-x64.zip`,
          InstallerSha256: digestOf('win32-x64.zip'),
        },
      ],
    });
  });

  test('a release that lacks an archive is not described', async () => {
    await expect(fill(PLATFORMS.slice(1))).rejects.toThrow('has no digest of');
  });
});

test('a release is published when all checks and tests have passed on it', async () => {
  const file = path.join(ROOT, '.github/workflows/release.yml');
  const { jobs } = parse(await readFile(file, 'utf8')) as {
    jobs: Record<string, { needs?: string[]; steps: { run?: string }[] }>;
  };
  const before = (jobs['publish']?.needs ?? []).flatMap((name) => jobs[name]?.steps ?? []);
  const lines = before.map(({ run }) => run);
  expect(lines).toEqual(expect.arrayContaining(['npm run check', 'npm test']));
});

describe('the manual pages', () => {
  test('there is one for the program, one for each command and one for each topic', async () => {
    const text = await readFile(path.join(ROOT, 'oclif.manifest.json'), 'utf8');
    const { commands } = JSON.parse(text) as {
      commands: Record<string, { readonly hidden?: boolean }>;
    };
    const shown = Object.entries(commands).flatMap(([id, { hidden }]) => (hidden ? [] : [id]));
    const topics = shown.flatMap((id) => (id.includes(':') ? (id.split(':')[0] ?? []) : []));
    const ids = [...new Set([...shown, ...topics])];
    expect((await readdir(path.join(ROOT, 'man'))).sort()).toEqual(
      ['llamero.1', ...ids.map((id) => `llamero-${id.replaceAll(':', '-')}.1`)].sort(),
    );
  });

  test('are in the language of manual pages, with nothing of a template left', async () => {
    for (const name of await readdir(path.join(ROOT, 'man'))) {
      const page = await readFile(path.join(ROOT, 'man', name), 'utf8');
      expect(page).toMatch(/^\.TH LLAMERO\S* 1 /u);
      expect(page).toContain('\n.SH NAME\nllamero');
      expect(page).toMatch(/^[\n\u0020-\u007E]+$/u);
      expect(page).not.toContain('<%');
      const requests = [...page.matchAll(/^[.'](\S*)/gmu)].map(([, request]) => request);
      const known = ['TH', 'nh', 'ad', 'SH', 'TP', 'PP', 'RS', 'RE', 'nf', 'fi', 'br'];
      expect(requests.filter((request) => !known.includes(request ?? ''))).toEqual([]);
    }
  });
});
