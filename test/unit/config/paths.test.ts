import path from 'node:path';

import { describe, expect, test } from 'vitest';

import { expandTilde, placeOfFile, resolvePaths } from '../../../src/lib/config/paths.ts';

const HOME = path.resolve('/home/ana');

describe('resolvePaths', () => {
  test('puts everything under ~/.llamero when nothing is set', () => {
    const home = path.join(HOME, '.llamero');
    expect(resolvePaths({}, HOME)).toEqual({
      userHome: HOME,
      home,
      configFile: path.join(home, 'config.yaml'),
      models: path.join(home, 'models'),
      bin: path.join(home, 'bin'),
      run: path.join(home, 'run'),
      logs: path.join(home, 'logs'),
      cache: path.join(home, 'cache'),
      history: path.join(home, 'history.db'),
    });
  });

  test.each([
    ['/srv/llamas', path.resolve('/srv/llamas')],
    ['/srv/llamas/', path.resolve('/srv/llamas')],
    ['~', HOME],
    ['~/models here', path.join(HOME, 'models here')],
    ['herd', path.resolve('herd')],
    ['../herd', path.resolve('../herd')],
    ['  ', path.join(HOME, '.llamero')],
  ])('LLAMERO_HOME=%j is %j', (given, expected) => {
    const paths = resolvePaths({ LLAMERO_HOME: given }, HOME);
    expect(paths.home).toBe(expected);
    expect(paths.models).toBe(path.join(expected, 'models'));
    expect(paths.configFile).toBe(path.join(expected, 'config.yaml'));
  });

  test.each([
    ['~/dotfiles/llamero.yaml', path.join(HOME, 'dotfiles', 'llamero.yaml')],
    ['my.yaml', path.resolve('my.yaml')],
  ])('LLAMERO_CONFIG=%j moves the settings file alone', (given, expected) => {
    const paths = resolvePaths({ LLAMERO_CONFIG: given }, HOME);
    expect(paths.configFile).toBe(expected);
    expect(paths.home).toBe(path.join(HOME, '.llamero'));
    expect(placeOfFile(paths).folder).toBe(path.dirname(expected));
  });
});

test("another user's home and a tilde inside a path stay as they are", () => {
  expect(expandTilde('~eva/models', HOME)).toBe('~eva/models');
  expect(expandTilde('/srv/~', HOME)).toBe('/srv/~');
});
