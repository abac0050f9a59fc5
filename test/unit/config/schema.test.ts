import { describe, expect, expectTypeOf, test } from 'vitest';

import {
  SETTING_KEYS,
  type SettingValue,
  definitionOf,
  formatSetting,
  isSettingKey,
  nearestKey,
} from '../../../src/lib/config/schema.ts';

const PLACE = { userHome: '/home/ana', folder: '/' };

describe.each(SETTING_KEYS)('%s', (key) => {
  const definition = definitionOf(key);

  test('is a section and a name', () => {
    expect(key).toMatch(/^[a-z]+\.[a-z][a-z-]*$/u);
    expect(isSettingKey(key)).toBe(true);
  });

  test('has a default that its own kind accepts, or none', () => {
    const initial = definition.default;
    const parsed =
      initial === undefined ? undefined : definition.kind.parse(formatSetting(key, initial), PLACE);
    expect(parsed).toEqual(initial);
  });

  test('has a description of one sentence without a full stop', () => {
    expect(definition.description).toMatch(/^\S.*[^.\s]$/u);
  });
});

test('the type of a value follows from its key', () => {
  expectTypeOf<SettingValue<'server.port'>>().toEqualTypeOf<number>();
  expectTypeOf<SettingValue<'hub.offline'>>().toEqualTypeOf<boolean>();
  expectTypeOf<SettingValue<'hub.endpoint'>>().toEqualTypeOf<string>();
  expectTypeOf<SettingValue<'pull.quant'>>().toEqualTypeOf<string | undefined>();
  expectTypeOf<SettingValue<'server.n-gpu-layers'>>().toEqualTypeOf<
    number | 'auto' | 'all' | undefined
  >();
});

test('names that every object has are no keys', () => {
  for (const name of ['__proto__', 'constructor', 'toString']) {
    expect(isSettingKey(name)).toBe(false);
  }
});

test.each([
  ['server.prot', 'server.port'],
  ['SERVER.PORT', 'server.port'],
  ['server.ctx_size', 'server.ctx-size'],
  ['server.ctx', 'server.ctx-size'],
  ['port', 'server.port'],
  ['host', 'server.host'],
  ['run.top_p', 'run.top-p'],
  ['top_k', 'run.top-k'],
  ['hub.quant', 'pull.quant'],
  ['sever.llama-server', 'server.llama-server'],
  ['hub.ofline', 'hub.offline'],
  ['run.temperature', 'run.temp'],
  ['server', 'server.host'],
  ['colour', undefined],
  ['zzzzzz.zzzzzz', undefined],
  ['x', undefined],
])('the key nearest to %s is %s', (typed, nearest) => {
  expect(nearestKey(typed)).toBe(nearest);
});
