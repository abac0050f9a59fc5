import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readlink,
  realpath,
  symlink,
} from 'node:fs/promises';
import path from 'node:path';

import { execa } from 'execa';

/** How a Debian architecture names its library folder and its dynamic loader. */
const ARCHITECTURES: Readonly<Record<string, { triplet: string; loader: string }>> = {
  amd64: { triplet: 'x86_64-linux-gnu', loader: 'ld-linux-x86-64.so.2' },
  arm64: { triplet: 'aarch64-linux-gnu', loader: 'ld-linux-aarch64.so.1' },
};

/** The unpacked packages, as the dynamic loader has to be told about them. */
export interface PackageRoot {
  readonly root: string;
  readonly loader: string;
  readonly libraryFolders: readonly string[];
}

/**
 * Describes unpacked packages of a Debian architecture (`amd64`, `arm64`).
 *
 * @throws Error for an architecture whose dynamic loader is not known here
 */
export function packageRoot(root: string, architecture: string): PackageRoot {
  const names = ARCHITECTURES[architecture];
  if (names === undefined) throw new Error(`the architecture ${architecture} is not provided for`);
  const libraries = path.join(root, 'usr', 'lib', names.triplet);
  return {
    root,
    loader: path.join(libraries, names.loader),
    libraryFolders: [
      libraries,
      path.join(libraries, 'llama'),
      path.join(libraries, 'ggml', 'backends0'),
    ],
  };
}

/** Runs a program out of unpacked packages with the libraries that were unpacked beside it. */
export function runUnpacked(packages: PackageRoot, program: string, words: readonly string[]) {
  return execa(
    packages.loader,
    ['--library-path', packages.libraryFolders.join(':'), program, ...words],
    { all: true },
  );
}

/**
 * Lays llama.cpp out as its own release archives are: one flat folder with the programs, their
 * libraries and the CPU backends, here with glibc and its dynamic loader, because the packages are
 * built for a newer system. The programs name the loader by its path in `finalFolder`. A wrapper
 * that starts the loader would not do: the router starts its children from `/proc/self/exe`.
 *
 * @param patchelf a patchelf of this machine, or undefined to use the one among the packages
 * @param folder an existing empty folder to fill
 * @param finalFolder the path the folder will have in the end
 */
export async function assembleEngine(
  packages: PackageRoot,
  patchelf: string | undefined,
  folder: string,
  finalFolder: string,
): Promise<void> {
  const binaries = await filesIn(path.join(packages.root, 'usr', 'bin'), /^llama-/);
  const backends = await filesIn(packages.libraryFolders[2] ?? '', /\.so$/);
  if (!binaries.some((binary) => path.basename(binary) === 'llama-server')) {
    throw new Error('the packages hold no llama-server');
  }
  if (backends.length === 0) throw new Error('the packages hold no CPU backend');

  const libraries = new Set<string>(backends);
  for (const file of [...binaries, ...backends]) {
    for (const library of await neededLibraries(packages, file)) libraries.add(library);
  }
  await mkdir(folder, { recursive: true });
  const loaderName = path.basename(packages.loader);
  await copyFile(await realpath(packages.loader), path.join(folder, loaderName));
  await chmod(path.join(folder, loaderName), 0o755);
  const patchedLibraries: string[] = [];
  for (const library of libraries) patchedLibraries.push(await copyLibrary(library, folder));
  const patchedBinaries: string[] = [];
  for (const binary of binaries) {
    const copy = path.join(folder, path.basename(binary));
    await copyFile(binary, copy);
    await chmod(copy, 0o755);
    patchedBinaries.push(copy);
  }

  const patch = async (...words: string[]): Promise<void> => {
    if (patchelf !== undefined) await execa(patchelf, words);
    else await runUnpacked(packages, path.join(packages.root, 'usr', 'bin', 'patchelf'), words);
  };
  await patch('--set-rpath', '$ORIGIN', ...patchedLibraries);
  await patch(
    '--set-interpreter',
    path.join(finalFolder, loaderName),
    '--force-rpath',
    '--set-rpath',
    '$ORIGIN',
    ...patchedBinaries,
  );
}

/** The libraries that the dynamic loader would load with a file, without the loader itself. */
async function neededLibraries(packages: PackageRoot, file: string): Promise<string[]> {
  const { stdout } = await execa(packages.loader, [
    '--library-path',
    packages.libraryFolders.join(':'),
    '--list',
    file,
  ]);
  const libraries: string[] = [];
  for (const line of stdout.split('\n')) {
    const match = /^\s*(\S+) => (.+?)(?: \(0x[0-9a-f]+\))?$/.exec(line);
    if (match === null) continue;
    const [, name = '', found = ''] = match;
    if (path.basename(name) === path.basename(packages.loader)) continue;
    if (!found.startsWith(packages.root + path.sep)) {
      throw new Error(`${path.basename(file)} needs ${name}, which the packages do not hold`);
    }
    libraries.push(found);
  }
  return libraries;
}

/** Copies a library with the symbolic link that stands for it; returns the copy's own path. */
async function copyLibrary(library: string, folder: string): Promise<string> {
  const isLink = (await lstat(library)).isSymbolicLink();
  const name = isLink ? path.basename(await readlink(library)) : path.basename(library);
  const copy = path.join(folder, name);
  await copyFile(await realpath(library), copy);
  await chmod(copy, 0o755);
  if (isLink) await symlink(name, path.join(folder, path.basename(library)));
  return copy;
}

async function filesIn(folder: string, pattern: RegExp): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => path.join(folder, entry.name))
    .sort();
}
