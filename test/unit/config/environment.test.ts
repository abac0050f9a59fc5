import { describe, expect, test } from 'vitest';

import {
  ENVIRONMENT_VARIABLES,
  isSwitchedOn,
  readVariable,
} from '../../../src/lib/config/environment.ts';
import { SETTING_KEYS, definitionOf } from '../../../src/lib/config/schema.ts';

test('no variable is declared twice, and each has a description without a full stop', () => {
  const names = ENVIRONMENT_VARIABLES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { description } of ENVIRONMENT_VARIABLES) expect(description).toMatch(/[^.\s]$/u);
});

test('every variable that sets a key is declared, and sets one key alone', () => {
  const declared = new Set<string>(ENVIRONMENT_VARIABLES.map(({ name }) => name));
  const used = SETTING_KEYS.flatMap((key) => definitionOf(key).environment.map(({ name }) => name));
  expect(used.filter((name) => !declared.has(name))).toEqual([]);
  expect(new Set(used).size).toBe(used.length);
});

describe('readVariable', () => {
  test.each([
    [{}, undefined],
    [{ HF_ENDPOINT: undefined }, undefined],
    [{ HF_ENDPOINT: '' }, undefined],
    [{ HF_ENDPOINT: ' \n' }, undefined],
    [{ HF_ENDPOINT: ' http://hub \r\n' }, 'http://hub'],
  ])('%j reads as %j', (environment, expected) => {
    expect(readVariable(environment, 'HF_ENDPOINT')).toBe(expected);
  });
});

describe('isSwitchedOn', () => {
  test.each(['1', 'on', 'ON', 'Yes', 'TRUE', ' true '])('%j is on', (text) => {
    expect(isSwitchedOn(text)).toBe(true);
  });
  test.each([undefined, '', '0', 'off', 'no', 'false', '2', 'enabled', 'y', '11'])(
    '%j is off',
    (text) => {
      expect(isSwitchedOn(text)).toBe(false);
    },
  );
});
