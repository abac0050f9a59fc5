import type { System } from '../../../src/lib/engine/system.ts';

/** What a test's machine answers: programs by their command line, files by their path. */
export interface Recorded {
  readonly platform: NodeJS.Platform;
  readonly architecture?: string;
  readonly release?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly programs?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
}

/** A machine that answers what was recorded and is silent to everything else. */
export function recorded(machine: Recorded): System {
  const files = Object.keys(machine.files ?? {});
  return {
    platform: machine.platform,
    architecture: machine.architecture ?? 'x64',
    release: machine.release ?? '6.8.0-41-generic',
    environment: machine.environment ?? {},
    run: (program, args) => Promise.resolve(machine.programs?.[[program, ...args].join(' ')]),
    readText: (file) => Promise.resolve(machine.files?.[file]),
    list: (folder) => {
      const separator = machine.platform === 'win32' ? '\\' : '/';
      const inside = files.filter((file) => file.startsWith(folder + separator));
      const names = inside.map((file) => file.slice(folder.length + 1).split(separator)[0] ?? '');
      return Promise.resolve([...new Set(names)]);
    },
    exists: (file) => Promise.resolve(files.includes(file)),
  };
}

const FORM = '--format=csv,noheader,nounits';
/** How nvidia-smi is asked for its cards. */
export const withCapability = `--query-gpu=name,memory.total,compute_cap ${FORM}`;
/** How drivers before 2022 are asked. */
export const withoutCapability = `--query-gpu=name,memory.total ${FORM}`;
