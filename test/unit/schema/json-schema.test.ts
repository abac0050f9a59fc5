import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { API, type Project } from 'typescript/unstable/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type JsonSchema, SchemaMaker } from '../../../scripts/schema/json-schema.ts';

const SOURCE = `
/** A thing with a name. */
export interface Named { readonly name: string }
export interface Tree { readonly value: number; readonly children: readonly Tree[] }
export type Shape = { readonly kind: 'dot' } | { readonly kind: 'line'; readonly length: number };
interface Hidden { readonly at: Date }

export type Words = { readonly word: 'a' | 'b' };
export type OneWord = { readonly word: 'a' };
export type Switch = { readonly on: boolean };
export type Mixed = { readonly value: boolean | 'auto' | number | null };
export type Optional = { readonly maybe?: string; readonly perhaps: string | undefined };
export type Moment = { readonly at: Date };
export type Lists = { readonly named: readonly Named[]; readonly words: string[] };
export type Table = { readonly byName: Readonly<Record<string, number>> };
export type Joined = Named & { readonly size: number };
export type Part = Pick<Tree, 'value'>;
export type Anything = { readonly value: unknown };
export type Described = {
  /** Bytes,
   * as they lie. */
  readonly size: number;
};
export type Nested = { readonly inside: Hidden };
export type Maybe = Named | undefined;

export type Method = { readonly run: () => void };
export type Big = { readonly count: bigint };
export type Pair = { readonly pair: readonly [string, number] };
`;

let folder: string;
let api: API;
let project: Project;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'llamero-schema-')));
  await writeFile(path.join(folder, 'types.ts'), SOURCE);
  const options = { strict: true, exactOptionalPropertyTypes: true, lib: ['es2024'], types: [] };
  const config = { compilerOptions: options, files: ['types.ts'] };
  await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify(config));
  api = new API({ cwd: folder });
  const opened = api.updateSnapshot({ openProjects: [path.join(folder, 'tsconfig.json')] });
  const [first] = opened.getProjects();
  if (first === undefined) throw new Error('no project');
  project = first;
});

afterAll(async () => {
  api.close();
  await rm(folder, { recursive: true, force: true });
});

function schemaOf(name: string): JsonSchema {
  const { checker, program } = project;
  const source = program.getSourceFile(path.join(folder, 'types.ts'));
  const module = source && checker.getSymbolAtLocation(source);
  const symbol = module && checker.getExportsOfModule(module).find((each) => each.name === name);
  if (symbol === undefined) throw new Error(`no ${name}`);
  const type = checker.getDeclaredTypeOfSymbol(symbol);
  const { $schema, title, ...schema } = new SchemaMaker(project, folder).document(type, name);
  expect({ $schema, title }).toEqual({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: name,
  });
  return schema;
}

function object(properties: JsonSchema, ...required: string[]): JsonSchema {
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }) };
}

const NAMED = {
  description: 'A thing with a name.',
  ...object({ name: { type: 'string' } }, 'name'),
};

describe('the schema of a type', () => {
  test.each<[type: string, schema: JsonSchema]>([
    ['Named', NAMED],
    ['Words', object({ word: { enum: ['a', 'b'] } }, 'word')],
    ['OneWord', object({ word: { const: 'a' } }, 'word')],
    ['Switch', object({ on: { type: 'boolean' } }, 'on')],
    ['Optional', object({ maybe: { type: 'string' }, perhaps: { type: 'string' } })],
    ['Moment', object({ at: { type: 'string', format: 'date-time' } }, 'at')],
    [
      'Table',
      object({ byName: { type: 'object', additionalProperties: { type: 'number' } } }, 'byName'),
    ],
    ['Joined', object({ name: { type: 'string' }, size: { type: 'number' } }, 'name', 'size')],
    ['Part', object({ value: { type: 'number' } }, 'value')],
    ['Anything', object({ value: {} }, 'value')],
    ['Described', object({ size: { description: 'Bytes, as they lie.', type: 'number' } }, 'size')],
    ['Maybe', NAMED],
  ])('%s', (name, schema) => {
    expect(schemaOf(name)).toEqual(schema);
  });

  test('a mixture keeps every form once', () => {
    const { properties } = schemaOf('Mixed') as { properties: { value: { anyOf: JsonSchema[] } } };
    const { anyOf } = properties.value;
    expect(anyOf).toHaveLength(2);
    expect(anyOf).toContainEqual({ const: 'auto' });
    const names = anyOf.find((part) => 'type' in part)?.['type'] as string[];
    expect([...names].sort()).toEqual(['boolean', 'null', 'number']);
  });

  test('named types stand in $defs, also those that hold themselves', () => {
    expect(schemaOf('Lists')).toEqual({
      ...object(
        {
          named: { type: 'array', items: { $ref: '#/$defs/Named' } },
          words: { type: 'array', items: { type: 'string' } },
        },
        'named',
        'words',
      ),
      $defs: { Named: NAMED },
    });
    const tree = object(
      { value: { type: 'number' }, children: { type: 'array', items: { $ref: '#/$defs/Tree' } } },
      'value',
      'children',
    );
    expect(schemaOf('Tree')).toEqual({ ...tree, $defs: { Tree: tree } });
    expect(schemaOf('Nested')['$defs']).toHaveProperty('Hidden');
  });

  test('of alternatives each has its own form', () => {
    const { anyOf } = schemaOf('Shape') as { anyOf: JsonSchema[] };
    expect(anyOf).toHaveLength(2);
    expect(anyOf).toContainEqual(object({ kind: { const: 'dot' } }, 'kind'));
  });

  test.each(['Method', 'Big', 'Pair'])('%s has no form in JSON that says enough', (name) => {
    expect(() => schemaOf(name)).toThrow();
  });
});
