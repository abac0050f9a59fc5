import { createHash } from 'node:crypto';

import type { StoredFile } from './stored-file.ts';

/** The files of one commit, by path. */
export type FileMap = ReadonlyMap<string, StoredFile>;

/** An entry of the Hub's `/tree` and `/paths-info` answers. */
export type TreeEntry =
  | {
      readonly type: 'directory';
      readonly oid: string;
      readonly size: 0;
      readonly path: string;
    }
  | {
      readonly type: 'file';
      readonly oid: string;
      readonly size: number;
      readonly path: string;
      readonly lfs?: { readonly oid: string; readonly size: number; readonly pointerSize: number };
    };

interface Folder {
  readonly path: string;
  readonly folders: Map<string, Folder>;
  readonly files: Map<string, StoredFile>;
}

/** The entry of a file. */
export function fileEntry(path: string, file: StoredFile): TreeEntry {
  const { size, sha256, gitOid: oid } = file;
  if (file.lfs === undefined) return { type: 'file', oid, size, path };
  return { type: 'file', oid, size, path, lfs: { oid: sha256, size, ...file.lfs } };
}

/**
 * What stands in a folder (`''` is the root): folders by name, then files by name, then, when
 * recursive, what stands in each folder. Undefined when there is no such folder.
 */
export function listFolder(
  files: FileMap,
  path: string,
  recursive: boolean,
): TreeEntry[] | undefined {
  const folder = findFolder(files, path);
  return folder === undefined ? undefined : list(folder, recursive);
}

/** The entry of a file or folder, or undefined when there is neither. */
export function entryAt(files: FileMap, path: string): TreeEntry | undefined {
  const file = files.get(path);
  if (file !== undefined) return fileEntry(path, file);
  const folder = path === '' ? undefined : findFolder(files, path);
  return folder === undefined ? undefined : folderEntry(folder);
}

/** The oid git gives a tree with these files. https://git-scm.com/book/en/v2/Git-Internals-Git-Objects */
function treeOid(files: FileMap): string {
  return folderOid(plant(files));
}

/** The oid git gives a commit of these files, written at `date` with `parent` before it. */
export function commitOid(
  files: FileMap,
  parent: string | undefined,
  title: string,
  date: Date,
): string {
  const person = `hub <hub@example.org> ${Math.floor(date.getTime() / 1000)} +0000`;
  const before = parent === undefined ? '' : `parent ${parent}\n`;
  const text = `tree ${treeOid(files)}\n${before}author ${person}\ncommitter ${person}\n\n${title}\n`;
  return createHash('sha1')
    .update(`commit ${Buffer.byteLength(text)}\0${text}`)
    .digest('hex');
}

function plant(files: FileMap): Folder {
  const root: Folder = { path: '', folders: new Map(), files: new Map() };
  for (const [path, file] of files) {
    const parts = path.split('/');
    const name = parts.pop() ?? '';
    let folder = root;
    for (const part of parts) {
      let next = folder.folders.get(part);
      if (next === undefined) {
        const childPath = folder === root ? part : `${folder.path}/${part}`;
        next = { path: childPath, folders: new Map(), files: new Map() };
        folder.folders.set(part, next);
      }
      folder = next;
    }
    folder.files.set(name, file);
  }
  return root;
}

function findFolder(files: FileMap, path: string): Folder | undefined {
  let folder: Folder | undefined = plant(files);
  for (const part of path === '' ? [] : path.split('/')) folder = folder?.folders.get(part);
  return folder;
}

function list(folder: Folder, recursive: boolean): TreeEntry[] {
  const folders = sorted(folder.folders).map(([, child]) => child);
  const prefix = folder.path === '' ? '' : `${folder.path}/`;
  return [
    ...folders.map((child) => folderEntry(child)),
    ...sorted(folder.files).map(([name, file]) => fileEntry(prefix + name, file)),
    ...(recursive ? folders.flatMap((child) => list(child, true)) : []),
  ];
}

function folderEntry(folder: Folder): TreeEntry {
  return { type: 'directory', oid: folderOid(folder), size: 0, path: folder.path };
}

function folderOid(folder: Folder): string {
  // git sorts folders as if their names ended in a slash.
  const rows = sorted(
    new Map([
      ...[...folder.folders].map(
        ([name, child]) =>
          [`${name}/`, { name, mode: '40000', oid: folderOid(child) }] satisfies [string, unknown],
      ),
      ...[...folder.files].map(
        ([name, file]) =>
          [name, { name, mode: '100644', oid: file.gitOid }] satisfies [string, unknown],
      ),
    ]),
  ).map(([, row]) =>
    Buffer.concat([Buffer.from(`${row.mode} ${row.name}\0`), Buffer.from(row.oid, 'hex')]),
  );
  const body = Buffer.concat(rows);
  return createHash('sha1').update(`tree ${body.length}\0`).update(body).digest('hex');
}

function sorted<T>(entries: ReadonlyMap<string, T>): [string, T][] {
  return [...entries].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
