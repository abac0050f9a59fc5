import type { Machine } from './machine.ts';
import type { System } from './system.ts';

/** Where the linker's cache is asked for: outside PATH for most users. */
const LDCONFIG = ['/sbin/ldconfig', '/usr/sbin/ldconfig', 'ldconfig'];
/** Folders with drivers' libraries that the cache may not know. */
const MORE_FOLDERS = ['/opt/rocm/lib', '/usr/lib/wsl/lib'];
/** Where libraries lie when there is no cache to ask. */
const PLAIN_FOLDERS = ['/usr/lib64', '/usr/lib', '/lib64', '/lib'];
const MULTIARCH = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu', other: undefined };
/** How the cache marks libraries of a processor; those of 32 bits have no such mark. */
const MARKS = { x64: 'x86-64', arm64: 'AArch64', other: '' };

/** The names of the shared libraries that a program on this machine finds. */
export async function listLibraries(
  system: System,
  architecture: Machine['architecture'],
): Promise<ReadonlySet<string>> {
  const answers = await Promise.all(LDCONFIG.map((program) => system.run(program, ['-p'])));
  const cached = answers
    .map((answer) => parseLibraries(answer ?? '', architecture))
    .find((names) => names.length > 0);
  const multiarch = MULTIARCH[architecture];
  const folders = [
    ...MORE_FOLDERS,
    ...(system.environment['LD_LIBRARY_PATH'] ?? '').split(':').filter((name) => name !== ''),
    ...(cached === undefined ? PLAIN_FOLDERS : []),
    ...(cached === undefined && multiarch !== undefined
      ? [`/usr/lib/${multiarch}`, `/lib/${multiarch}`]
      : []),
  ];
  const listed = await Promise.all(folders.map((folder) => system.list(folder)));
  return new Set([...(cached ?? []), ...listed.flat().filter((name) => name.includes('.so'))]);
}

/** The names in `ldconfig -p`: `	libvulkan.so.1 (libc6,x86-64) => /lib/…`. */
function parseLibraries(text: string, architecture: Machine['architecture']): string[] {
  return text.split('\n').flatMap((line) => {
    const parts = /^\s+(?<name>\S+) \((?<kind>[^)]*)\) => /u.exec(line)?.groups;
    return parts?.['kind']?.includes(MARKS[architecture]) === true ? (parts['name'] ?? []) : [];
  });
}
