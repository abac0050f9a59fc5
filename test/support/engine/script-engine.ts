import path from 'node:path';

import type { AssetSource } from '../releases/release.ts';
import { type TarEntry, writeTar } from './tar.ts';

/** A release's archive whose llama-server is a shell script: quick to make, and it loads nothing. */
export interface ScriptEngine {
  readonly build: number;
  /** What it is called after `ubuntu-`, without the architecture: `cuda-12.8`; CPU unless told. */
  readonly backend?: string;
  /** Shell commands in place of what says the version. */
  readonly version?: string;
  /** What `--list-devices` lists. */
  readonly devices?: string;
  /** More in the archive. */
  readonly entries?: readonly TarEntry[];
}

/** Makes the archive of a script engine, ready to be published: its name and where it lies. */
export async function scriptArchive(
  folder: string,
  engine: ScriptEngine,
): Promise<Record<string, AssetSource>> {
  const { backend, build, devices = '(none)', entries = [] } = engine;
  const { version = `echo 'version: 0.7.0 (build ${build}, commit abc)' >&2` } = engine;
  const script = `#!/bin/sh
case "$1" in
  --version) ${version} ;;
  --help) echo '--models-preset PATH   list of models' ;;
  --list-devices) echo 'Available devices:'; echo '  ${devices}' ;;
  *) echo 'error: a script loads nothing' >&2; exit 1 ;;
esac
`;
  const part = backend === undefined ? '' : `${backend}-`;
  const name = `llama-b${build}-bin-ubuntu-${part}${process.arch}.tar.gz`;
  const file = path.join(folder, name);
  await writeTar(file, [
    { path: `llama-b${build}/llama-server`, content: script, mode: 0o755 },
    { path: `llama-b${build}/LICENSE`, content: 'MIT License\n' },
    ...entries,
  ]);
  return { [name]: { file } };
}
