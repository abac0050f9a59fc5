import { type Document, type Node, type Pair, Scalar, YAMLMap, isMap, isScalar } from 'yaml';

import { LlameroError } from '../errors.ts';
import { isEmpty, nameOf } from './document.ts';
import { isGroup } from './key.ts';

/**
 * Puts a value at a path; what stands around it, comments too, stays.
 *
 * @param path the names before the value from the outermost in; groups that are missing are made
 * @param file named in the error
 * @throws LlameroError CONFIG_INVALID when a value stands where a group should be
 */
export function putValue(
  document: Document,
  path: readonly string[],
  value: string | number | boolean,
  file: string,
): void {
  let group = rootOf(document);
  for (const [depth, name] of path.slice(0, -1).entries()) {
    const pair = pairOf(group, name) ?? addPair(document, group, name);
    if (!isMap(pair.value)) pair.value = groupInPlaceOf(pair.value, document, file, path, depth);
    group = pair.value as YAMLMap;
  }
  const name = path.at(-1) ?? '';
  const pair = pairOf(group, name) ?? addPair(document, group, name);
  const scalar = new Scalar(value);
  if (isScalar(pair.value)) setComments(scalar, pair.value.commentBefore, pair.value.comment);
  pair.value = scalar;
}

function groupInPlaceOf(
  empty: unknown,
  document: Document,
  file: string,
  path: readonly string[],
  depth: number,
): YAMLMap {
  if (!isEmpty(empty)) {
    const name = path.slice(0, depth + 1).join('.');
    throw new LlameroError(
      'CONFIG_INVALID',
      `${file}: \`${name}\` is a section: its settings stand on lines of their own under it`,
      { hint: 'Mend it with `llamero config edit`' },
    );
  }
  const group = new YAMLMap(document.schema);
  // The comments under an empty section hang on its emptiness and would go with it.
  if (isScalar(empty)) setComments(group, joined(empty.commentBefore, empty.comment), undefined);
  return group;
}

/**
 * Takes a key out, and the groups above it when nothing is left there. Comments before the key go
 * to what follows it; the one on its line goes with it. All settings of a model go by the key of
 * its group: `models.user/repo`.
 *
 * @returns whether it was there
 */
export function removeKey(document: Document, key: string): boolean {
  if (!isMap(document.contents)) return false;
  const root = rootOf(document);
  if (!removeFrom(root, [], key)) return false;
  closeRoot(document, root);
  return true;
}

function removeFrom(group: YAMLMap, above: readonly string[], key: string): boolean {
  for (const pair of group.items) {
    const path = [...above, nameOf(pair)];
    const { value } = pair;
    const mayGo = above.length > 0 || !isMap(value);
    if (mayGo && path.join('.') === key) {
      removePair(group, pair);
      return true;
    }
    if (!isMap(value) || !isGroup(path) || !removeFrom(value, path, key)) continue;
    if (value.items.length === 0) closeGroup(group, pair, value);
    return true;
  }
  return false;
}

/** The text of a document, with the indentation and the line ends of the text it was read from. */
export function renderDocument(document: Document, original: string): string {
  const indent = /^( {1,8})[^\s#]/mu.exec(original)?.[1]?.length ?? 2;
  const rendered = document.toString({ indent, lineWidth: 0, nullStr: '' });
  // Without settings YAML spreads the comments apart.
  const text =
    document.contents === null ? `${rendered.trim().replaceAll(/\n{3,}/gu, '\n\n')}\n` : rendered;
  return original.includes('\r\n') ? text.replaceAll('\n', '\r\n') : text;
}

function rootOf(document: Document): YAMLMap {
  if (!isMap(document.contents)) document.contents = new YAMLMap(document.schema);
  return document.contents as YAMLMap;
}

function pairOf(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find((pair) => nameOf(pair) === name);
}

function addPair(document: Document, map: YAMLMap, name: string): Pair {
  const pair = document.createPair(name, null);
  map.items.push(pair);
  return pair;
}

function removePair(map: YAMLMap, pair: Pair): void {
  const index = map.items.indexOf(pair);
  map.items.splice(index, 1);
  const orphan = isScalar(pair.key) ? pair.key.commentBefore : undefined;
  if (orphan === undefined || orphan === null) return;
  const next = map.items[index]?.key;
  if (isScalar(next)) next.commentBefore = joined(orphan, next.commentBefore) ?? orphan;
  else map.comment = joined(orphan, map.comment) ?? orphan;
}

/** Takes an emptied section out, or leaves its name where comments still stand under it. */
function closeGroup(root: YAMLMap, pair: Pair, group: YAMLMap): void {
  const comment = joined(group.commentBefore, group.comment);
  if (comment === undefined) {
    removePair(root, pair);
    return;
  }
  const empty = new Scalar(null);
  empty.comment = comment;
  pair.value = empty;
}

/** Leaves a file without settings empty but for its comments, where YAML would put `{}`. */
function closeRoot(document: Document, root: YAMLMap): void {
  if (root.items.length > 0) return;
  const comment = joined(root.commentBefore, root.comment);
  document.contents = null;
  if (comment !== undefined) {
    document.commentBefore = joined(document.commentBefore, comment) ?? comment;
  }
}

function joined(
  first: string | null | undefined,
  second: string | null | undefined,
): string | undefined {
  const parts = [first, second].filter((part) => part !== undefined && part !== null);
  return parts.length === 0 ? undefined : parts.join('\n');
}

function setComments(
  node: Node,
  before: string | null | undefined,
  after: string | null | undefined,
): void {
  if (before !== undefined) node.commentBefore = before;
  if (after !== undefined) node.comment = after;
}
