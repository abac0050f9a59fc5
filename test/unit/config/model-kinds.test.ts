import path from 'node:path';

import { describe, expect, test } from 'vitest';

import type { Kind } from '../../../src/lib/config/kinds.ts';
import {
  argument,
  filePathOr,
  filePaths,
  keepAlive,
  modelOrFile,
} from '../../../src/lib/config/model-kinds.ts';

const PLACE = { userHome: path.resolve('/home/ana'), folder: path.resolve('/conf') };
const at = (...parts: string[]): string => path.join(path.resolve('/'), ...parts);

function check(kind: Kind<unknown>, cases: readonly (readonly [unknown, unknown])[]): void {
  test.each(cases)('%j is %j', (raw, value) => {
    expect(kind.parse(raw, PLACE)).toEqual(value);
    // What is shown can be typed again.
    if (value !== undefined) expect(kind.parse(kind.format(value), PLACE)).toEqual(value);
  });
}

describe('how long an idle model stays', () => {
  check(keepAlive, [
    ['30m', 1800],
    ['90', 90],
    [90, 90],
    [0, 0],
    ['0s', 0],
    [-1, -1],
    ['-1', -1],
    ['-1m', -1],
    ['never', -1],
    ['25h', undefined],
    ['soon', undefined],
    ['', undefined],
    [true, undefined],
    ['--1', undefined],
  ]);
});

describe('a projector', () => {
  check(filePathOr('off'), [
    ['off', 'off'],
    ['OFF', 'off'],
    ['m.gguf', at('conf', 'm.gguf')],
    ['~/m.gguf', at('home', 'ana', 'm.gguf')],
    ['', undefined],
    [false, undefined],
  ]);
});

describe('adapters', () => {
  check(filePaths, [
    ['a.gguf', at('conf', 'a.gguf')],
    ['a.gguf, /b.gguf', `${at('conf', 'a.gguf')},${at('b.gguf')}`],
    ['a.gguf,', undefined],
    ['', undefined],
    [3, undefined],
  ]);
});

describe('a draft model', () => {
  check(modelOrFile, [
    ['user/repo', 'user/repo'],
    ['user/repo:Q4_K_M', 'user/repo:Q4_K_M'],
    ['models/small.gguf', at('conf', 'models', 'small.gguf')],
    ['./user/repo', at('conf', 'user', 'repo')],
    ['/x/y', at('x', 'y')],
    ['', undefined],
  ]);
});

describe("a flag's value", () => {
  check(argument, [
    ['yarn', 'yarn'],
    [' yarn ', 'yarn'],
    ['true', true],
    [false, false],
    ['8', 8],
    [0.5, 0.5],
    ['007', '007'],
    ['1e3', '1e3'],
    ['[{"a": 1}]', '[{"a": 1}]'],
    ['', undefined],
    ['a\nb', undefined],
    [Number.POSITIVE_INFINITY, undefined],
    [undefined, undefined],
  ]);
});
