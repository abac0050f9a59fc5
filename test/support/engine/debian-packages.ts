import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { execa } from 'execa';

import { readTextIfExists } from '../../../src/lib/files.ts';
import type { AptSource, Distribution } from './apt-sources.ts';
import {
  archiveMirrors,
  formatDeb822Source,
  parseDeb822Sources,
  parseOsRelease,
  parseSourcesList,
} from './apt-sources.ts';
import { folderNames } from './folder-names.ts';

/** apt resolves what these depend on; patchelf comes along when the machine has none. */
const PACKAGES = ['llama.cpp-tools', 'llama.cpp-tools-extra', 'libggml0-backend-rpc'];

/** The suites that carry llama.cpp, the steadier one first, and the components it lies in. */
const SUITES = {
  debian: { suites: ['forky', 'sid'], components: ['main'] },
  ubuntu: { suites: ['devel'], components: ['main', 'universe'] },
} as const;

/** What a fetch of the packages needs to know. */
export interface PackagesOptions {
  /** An empty folder to work in; what the packages hold ends up in its subfolder `root`. */
  readonly workFolder: string;
  readonly withPatchelf: boolean;
  readonly onProgress: (line: string) => void;
  /** The folder of apt's own configuration, `/etc/apt`. */
  readonly aptFolder: string;
}

/**
 * Fetches llama.cpp and all it depends on from the mirror that the machine's own apt uses, and
 * unpacks it into a folder. Nothing is installed, nothing outside the folder changes, and root is
 * not needed.
 *
 * @returns the folder that holds the packages' files (`usr/bin` …)
 * @throws Error that says which suites of which kind of source were tried and what apt answered
 */
export async function fetchPackages(options: PackagesOptions): Promise<string> {
  const distribution = parseOsRelease((await readTextIfExists('/etc/os-release')) ?? '');
  if (distribution === undefined) {
    throw new Error('/etc/os-release names neither Debian nor Ubuntu nor a relative of them');
  }
  const mirrors = archiveMirrors(await readAptSources(options.aptFolder), distribution);
  if (mirrors.length === 0) {
    throw new Error(
      `no apt source under ${options.aptFolder} carries ${distribution.codename} main`,
    );
  }
  const refusals: string[] = [];
  for (const suite of SUITES[distribution.family].suites) {
    for (const mirror of mirrors) {
      try {
        return await fetchFromSuite(mirror, suite, distribution, options);
      } catch (error) {
        refusals.push(`suite ${suite}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
  throw new Error(refusals.join('\n'));
}

/** All apt sources of the machine, in both formats. */
async function readAptSources(aptFolder: string): Promise<AptSource[]> {
  const sources = parseSourcesList(
    (await readTextIfExists(path.join(aptFolder, 'sources.list'))) ?? '',
  );
  const partsFolder = path.join(aptFolder, 'sources.list.d');
  for (const name of await folderNames(partsFolder)) {
    const text = (): Promise<string> => readFile(path.join(partsFolder, name), 'utf8');
    if (name.endsWith('.sources')) sources.push(...parseDeb822Sources(await text()));
    if (name.endsWith('.list')) sources.push(...parseSourcesList(await text()));
  }
  return sources;
}

async function fetchFromSuite(
  mirror: AptSource,
  suite: string,
  distribution: Distribution,
  options: PackagesOptions,
): Promise<string> {
  const aptRoot = path.join(options.workFolder, 'apt');
  const root = path.join(options.workFolder, 'root');
  await rm(aptRoot, { recursive: true, force: true });
  for (const folder of ['parts', 'lists/partial', 'cache/archives/partial']) {
    await mkdir(path.join(aptRoot, folder), { recursive: true });
  }
  await writeFile(path.join(aptRoot, 'status'), '');
  await writeFile(
    path.join(aptRoot, 'parts', 'engine.sources'),
    formatDeb822Source(mirror, suite, SUITES[distribution.family].components),
  );
  const configuration = path.join(aptRoot, 'apt.conf');
  await writeFile(configuration, privateAptConfiguration(aptRoot));
  const apt = (...words: string[]) =>
    execa('apt-get', ['-q', '-c', configuration, ...words], {
      env: { LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
      stdin: 'ignore',
      all: true,
    });

  options.onProgress(`Reading the package list of ${suite}`);
  await apt('-o', 'APT::Update::Error-Mode=any', 'update').catch(explainApt);
  options.onProgress('Fetching the packages of llama.cpp');
  const packages = options.withPatchelf ? [...PACKAGES, 'patchelf'] : PACKAGES;
  await apt('install', '--download-only', '--no-install-recommends', '-y', ...packages).catch(
    explainApt,
  );

  const archives = path.join(aptRoot, 'cache', 'archives');
  const debs = (await readdir(archives)).filter((name) => name.endsWith('.deb'));
  options.onProgress(`Unpacking ${debs.length} packages`);
  for (const deb of debs) await execa('dpkg', ['-x', path.join(archives, deb), root]);
  await rm(aptRoot, { recursive: true, force: true });
  return root;
}

/**
 * Configuration that sees one source and no installed package, and that runs none of the machine's
 * hooks. It is given with `-c`, which apt reads after its own files: only so does `#clear` work.
 */
function privateAptConfiguration(aptRoot: string): string {
  return `Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "${aptRoot}/parts";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::lists "${aptRoot}/lists";
Dir::State::status "${aptRoot}/status";
Dir::State::extended_states "${aptRoot}/extended_states";
Dir::Cache "${aptRoot}/cache";
Dir::Cache::archives "${aptRoot}/cache/archives";
Dir::Log "${aptRoot}";
Acquire::Retries "3";
APT::Sandbox::User "root";
APT::Default-Release "";
APT::Keep-Downloaded-Packages "true";
Debug::NoLocking "true";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
`;
}

function explainApt(error: unknown): never {
  const output =
    error instanceof Error && 'all' in error && typeof error.all === 'string' ? error.all : '';
  const said = output.split('\n').filter((line) => /^[EW]:/.test(line));
  throw new Error(`apt-get: ${said.length > 0 ? said.slice(0, 4).join(' ') : output.slice(-400)}`, {
    cause: error,
  });
}
