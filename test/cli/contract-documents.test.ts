import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import { expect, test } from 'vitest';

import { ERROR_CODES } from '../../src/lib/errors.ts';

const FOLDER = path.resolve(import.meta.dirname, '../../docs/schema');

/** What the outline tells of a schema. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly string[];
  readonly $ref?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly $defs?: Readonly<Record<string, Schema>>;
}

/** What a value may be, in one line; the keys of objects stand in lines of their own. */
function kindOf(schema: Schema): string {
  const { $ref, allOf, anyOf, const: only, enum: values, items, oneOf, properties, type } = schema;
  if ($ref !== undefined) return $ref.slice($ref.lastIndexOf('/') + 1);
  if (only !== undefined) return JSON.stringify(only);
  // Those are listed once, below.
  if (values?.includes('MODEL_NOT_FOUND') === true) return 'an error code';
  if (values !== undefined) return values.map((value) => JSON.stringify(value)).join(' | ');
  const several = anyOf ?? oneOf;
  if (several !== undefined) return several.map(kindOf).join(' | ');
  if (allOf !== undefined) return allOf.map(kindOf).join(' & ');
  if (items !== undefined) return `${kindOf(items)}[]`;
  if (properties === undefined && typeof schema.additionalProperties === 'object') {
    return `{ [key]: ${kindOf(schema.additionalProperties)} }`;
  }
  return String(type ?? 'anything');
}

/** A line for each key that a script may read: `models[].size?: number`. */
function outline(schema: Schema, at = ''): string[] {
  const {
    $defs = {},
    allOf = [],
    anyOf = [],
    items,
    oneOf = [],
    properties = {},
    required,
  } = schema;
  return [
    ...Object.entries(properties).flatMap(([key, each]) => {
      const place = at === '' ? key : `${at}.${key}`;
      const mark = required?.includes(key) === true ? '' : '?';
      return [`${place}${mark}: ${kindOf(each)}`, ...outline(each, place)];
    }),
    ...[...allOf, ...anyOf, ...oneOf].flatMap((each) => outline(each, at)),
    ...(items === undefined ? [] : outline(items, `${at}[]`)),
    ...(typeof schema.additionalProperties === 'object'
      ? outline(schema.additionalProperties, `${at}[key]`)
      : []),
    ...Object.entries($defs).flatMap(([name, each]) => [
      `${name} = ${kindOf(each)}`,
      ...outline(each, name),
    ]),
  ];
}

test('error codes, and the exit code of each', () => {
  expect(ERROR_CODES).toMatchSnapshot();
});

test.each((await readdir(FOLDER)).sort())('the keys of %s', async (name) => {
  const schema = JSON.parse(await readFile(path.join(FOLDER, name), 'utf8')) as Schema;
  const lines = [`the document = ${kindOf(schema)}`, ...outline(schema)];
  expect(lines.join('\n')).toMatchSnapshot();
});
