import path from 'node:path';

import { describe, expect, expectTypeOf, test } from 'vitest';

import { type FlagSettings, loadConfig } from '../../../src/lib/config/config.ts';
import { resolvePaths } from '../../../src/lib/config/paths.ts';
import { SETTING_KEYS, definitionOf } from '../../../src/lib/config/schema.ts';
import { unsetLine } from '../../../src/lib/config/shell-word.ts';
import { caught } from '../../support/caught.ts';
import { temporaryPaths } from './temporary-paths.ts';

const ON_WINDOWS = process.platform === 'win32';

describe('where values come from', () => {
  test('without a file, variables and flags all are defaults', async () => {
    const config = await loadConfig({ paths: await temporaryPaths(), environment: {} });
    expect(config.settings().map(({ key }) => key)).toEqual(SETTING_KEYS);
    for (const key of SETTING_KEYS) {
      const { value, source, origin } = config.setting(key);
      expect({ value, source, origin }).toEqual({
        value: definitionOf(key).default,
        source: 'default',
        origin: undefined,
      });
    }
  });

  test('flags win over the environment, it over the file, and that over the default', async () => {
    const paths = await temporaryPaths('# mine\nserver:\n  port: 1001\n  host: 0.0.0.0\n');
    const environment = { LLAMERO_PORT: '1002', LLAMERO_HOST: '::1' };
    const flags: FlagSettings = { 'server.port': { flag: '--port', value: 1003 } };

    const file = await loadConfig({ paths, environment: {} });
    expect(file.setting('server.port')).toEqual({
      value: 1001,
      source: 'file',
      origin: 'config.yaml:3',
    });
    const variables = await loadConfig({ paths, environment });
    expect(variables.setting('server.port')).toEqual({
      value: 1002,
      source: 'environment',
      origin: 'LLAMERO_PORT',
    });
    const all = await loadConfig({ paths, environment, flags });
    expect(all.setting('server.port')).toEqual({
      value: 1003,
      source: 'flag',
      origin: '--port',
    });
    expect(all.get('server.host')).toBe('::1');
  });

  test('a flag that was not given changes nothing', async () => {
    const flags: FlagSettings = { 'run.temp': { flag: '--temp', value: undefined } };
    const config = await loadConfig({ paths: await temporaryPaths(), environment: {}, flags });
    expect(config.setting('run.temp')).toEqual({ value: undefined, source: 'default' });
  });

  test.each([
    [{ HF_HUB_OFFLINE: '1' }, true, 'HF_HUB_OFFLINE'],
    [{ HF_HUB_OFFLINE: 'whatever' }, false, 'HF_HUB_OFFLINE'],
    [{ LLAMERO_OFFLINE: 'Yes' }, true, 'LLAMERO_OFFLINE'],
    [{ LLAMERO_OFFLINE: '0', HF_HUB_OFFLINE: '1' }, false, 'LLAMERO_OFFLINE'],
    [{ LLAMERO_OFFLINE: '', HF_HUB_OFFLINE: 'on' }, true, 'HF_HUB_OFFLINE'],
  ])('%j decides about hub.offline', async (environment, value, origin) => {
    const config = await loadConfig({ paths: await temporaryPaths(), environment });
    expect(config.setting('hub.offline')).toEqual({ value, source: 'environment', origin });
  });

  test('a value has the type of its key', async () => {
    const config = await loadConfig({ paths: await temporaryPaths(), environment: {} });
    expectTypeOf(config.get('server.port')).toEqualTypeOf<number>();
    expectTypeOf(config.get('run.temp')).toEqualTypeOf<number | undefined>();
    expectTypeOf(config.setting('hub.offline').value).toEqualTypeOf<boolean>();
    expect(config.get('server.port')).toBe(5526);
  });
});

describe('what the file may hold', () => {
  test('every kind of value', async () => {
    const paths = await temporaryPaths(
      [
        '\uFEFF# a byte order mark before, Windows line ends after',
        'hub: { endpoint: "http://mirror.example/", offline: yes }',
        'pull:',
        '  reserve: 20 GB',
        'server:',
        '  port: "8080"',
        '  llama-server: engines/llama-server',
        '  start-timeout: 90',
        '  n-gpu-layers: all',
        'run:',
        '  temp: 0.7',
        '  seed: -1',
        '  system: |',
        '    Be brief.',
        '    Be kind.',
        '',
      ].join('\r\n'),
    );
    const config = await loadConfig({ paths, environment: {} });
    expect(
      Object.fromEntries(
        config
          .settings()
          .flatMap(({ key, value, source }) => (source === 'file' ? [[key, value]] : [])),
      ),
    ).toEqual({
      'hub.endpoint': 'http://mirror.example',
      'hub.offline': true,
      'pull.reserve': 20_000_000_000,
      'server.port': 8080,
      'server.llama-server': path.join(path.dirname(paths.configFile), 'engines', 'llama-server'),
      'server.start-timeout': 90,
      'server.n-gpu-layers': 'all',
      'run.temp': 0.7,
      'run.seed': -1,
      'run.system': 'Be brief.\nBe kind.',
    });
    expect(config.setting('run.system').origin).toBe('config.yaml:13');
  });

  test.each([
    ['an empty file', ''],
    ['comments', '# nothing\n\n# here\n'],
    ['empty sections', 'server:\nrun: {}\nhub: ~\n'],
    ['an empty value', 'server:\n  port:\n'],
    ['one document with its marker', '---\nserver:\n  # port: 1\n'],
  ])('%s', async (_what, text) => {
    const config = await loadConfig({ paths: await temporaryPaths(text), environment: {} });
    expect(config.settings().every(({ source }) => source === 'default')).toBe(true);
  });

  test.skipIf(ON_WINDOWS)(
    'nothing at all, where the settings file is a device without content',
    async () => {
      const paths = { ...(await temporaryPaths()), configFile: '/dev/null' };
      const config = await loadConfig({ paths, environment: {} });
      expect(config.get('server.port')).toBe(5526);
    },
  );
});

describe('settings of some models', () => {
  test('stand under their names, in the order of the file', async () => {
    const paths = await temporaryPaths(
      [
        'models:',
        '  user/repo:Q4_K_M: # mine',
        '    ctx-size: 8192',
        '    lora: adapters/a.gguf',
        '  "*:Q2_K": { temp: 1, system: "Be brief." }',
        'server:',
        '  ctx-size: 4096',
        '  args:',
        '    no-context-shift: true',
        '    rope-scaling: yarn',
        '',
      ].join('\n'),
    );
    const config = await loadConfig({ paths, environment: {} });
    expect(config.scoped().map(({ key, origin, value }) => [key.text, value, origin])).toEqual([
      ['models.user/repo:Q4_K_M.ctx-size', 8192, 'config.yaml:3'],
      [
        'models.user/repo:Q4_K_M.lora',
        path.join(path.dirname(paths.configFile), 'adapters', 'a.gguf'),
        'config.yaml:4',
      ],
      ['models.*:Q2_K.temp', 1, 'config.yaml:5'],
      ['models.*:Q2_K.system', 'Be brief.', 'config.yaml:5'],
      ['server.args.no-context-shift', true, 'config.yaml:9'],
      ['server.args.rope-scaling', 'yarn', 'config.yaml:10'],
    ]);
    expect(config.get('server.ctx-size')).toBe(4096);
    expect(config.settings().slice(SETTING_KEYS.length)).toHaveLength(6);
  });

  test.each(['models:\n', 'models: {}\n', 'models:\n  u/r:\n', 'models:\n  u/r: { args: }\n'])(
    'may be missing: %j',
    async (text) => {
      const config = await loadConfig({ paths: await temporaryPaths(text), environment: {} });
      expect(config.scoped()).toEqual([]);
    },
  );
});

describe('mistakes in the file', () => {
  test.each([
    [
      'a slip in a setting of a model',
      'models:\n  u/r:\n    tmp: 1\n',
      3,
      'mean `models.u/r.temp`?',
    ],
    ['a bad value of a model', 'models:\n  u/r:\n    temp: x\n', 3, '`models.u/r.temp` must be'],
    ['a setting of no single model', 'models:\n  u/r:\n    port: 1\n', 3, '`server.port` holds'],
    ['a name of no model', 'models:\n  llama:\n    temp: 1\n', 3, 'names no model'],
    ['a value for a model', 'models:\n  u/r: 5\n', 2, '`models.u/r` is a section'],
    ['a value for all models', 'models: 5\n', 1, '`models` is a section'],
    ['a list of flags', 'server:\n  args: [a]\n', 2, '`server.args` is a section'],
    ['a flag of ours', 'server:\n  args: { port: 1 }\n', 2, 'use `server.port`'],
    ['a flag that is a setting', 'server:\n  args: { ngl: 1 }\n', 2, '`server.n-gpu-layers`'],
    ['a switch with blanks', 'server:\n  args: { "a b": 1 }\n', 2, 'is no flag'],
    ['a slip in a key', 'server:\n  prot: 1\n', 2, '`server.prot` (did you mean `server.port`?)'],
    ['a slip in a section', 'sever:\n  port: 1\n', 2, '`sever.port` (did you mean `server.port`?)'],
    ['a key of nobody', 'colours:\n  gloss: 1\n', 2, 'unknown setting `colours.gloss`'],
    ['a key without section', '\nport: 1\n', 2, '`port` (did you mean `server.port`?)'],
    ['a dotted key', 'server.port: 1\n', 1, 'two lines: `server:`, and under it `port:`'],
    ['a value for a section', 'hub: x\n', 1, '`hub` is a section'],
    ['a list for a section', 'hub:\n  - x\n', 1, '`hub` is a section'],
    ['a wrong number', 'server:\n\n  port: 65536\n', 3, 'from 1 to 65535, not `65536`'],
    ['a word for a number', 'run:\n  temp: warm\n', 2, '`run.temp` must be a number from 0 to 10'],
    ['a list for a value', 'run:\n  temp: [1]\n', 2, 'not a list or a mapping'],
    ['a mapping for a value', 'run:\n  temp:\n    x: 1\n', 2, 'not a list or a mapping'],
    ['a number for text', 'run:\n  system: 42\n', 2, '`run.system` must be text'],
    ['infinity', 'run:\n  temp: .inf\n', 2, 'not `Infinity`'],
    ['a merge key', 'server:\n  <<: { port: 1 }\n', 2, 'unknown setting `server.<<`'],
    ['an object name', 'server:\n  __proto__: 1\n', 2, 'unknown setting `server.__proto__`'],
  ])('%s', async (_what, text, line, reason) => {
    const paths = await temporaryPaths(text);
    const error = await caught(loadConfig({ paths, environment: {} }));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(`${paths.configFile}:${line}: `);
    expect(error.message).toContain(reason);
    expect(error.hint).toContain('llamero config edit');
  });

  test('all of them are told, in the order of the lines', async () => {
    const paths = await temporaryPaths('run:\n  temp: x\nport: 1\nserver:\n  prot: 2\n');
    const { message } = await caught(loadConfig({ paths, environment: {} }));
    expect(
      message
        .split('\n')
        .map((line) => line.slice(paths.configFile.length, paths.configFile.length + 3)),
    ).toEqual([':2:', ':3:', ':5:']);
  });

  test('of very many the first are told', async () => {
    const lines = Array.from({ length: 500 }, (_, index) => `  key${index}: 1\n`);
    const paths = await temporaryPaths(`x:\n${lines.join('')}`);
    const { message } = await caught(loadConfig({ paths, environment: {} }));
    expect(message.split('\n')).toHaveLength(11);
    expect(message).toMatch(/and 490 more$/u);
  });

  const deep = 10_000;
  test.each<[string, string | Uint8Array, string]>([
    ['broken YAML', 'server:\n  port: "1\n', ':3:1: '],
    ['a mapping in a line', 'server: port: 1\n', ':1:9: '],
    ['a tab', 'server:\n\tport: 1\n', ':2:1: a tab'],
    [
      'a key that stands twice',
      'server:\n  port: 1\n  port: 2\n',
      ':3:3: `port` stands there twice',
    ],
    ['a section that stands twice', 'run:\n  temp: 1\nrun:\n  seed: 2\n', ':3:1: `run` stands'],
    ['a list', '- a\n- b\n', ':1:1: it does not hold'],
    ['a text', 'hello\n', ':1:1: it does not hold'],
    ['two documents', 'run:\n---\nrun:\n', ':2:1: a second document'],
    ['an unknown tag', 'hub: !!js/function x\n', ':1:6: '],
    ['a key that is a list', 'run:\n  ? [a]\n  : 1\n', ':2:5: '],
    ['an alias', 'run:\n  temp: &t 1\n  top-p: *t\n', ':3:10: an alias'],
    [
      'a pattern without quotes',
      'models:\n  *:Q2_K:\n    temp: 1\n',
      ':2:3: a name that begins with',
    ],
    ['a bare star', 'models:\n  * : { temp: 1 }\n', ':2:3: '],
    ['an alias to nothing', 'run:\n  temp: *t\n', ':2:9: '],
    ['a NUL byte', 'run:\n  system: a\0b\n', ':2:12: a control character'],
    ['an escape sequence', 'run:\n  system: \u001B[31mred\n', ':2:11: a control character'],
    ['bytes that are not UTF-8', Uint8Array.of(0x72, 0xff, 0xfe), 'it is not UTF-8 text'],
    ['text in UTF-16', Buffer.from('\uFEFFrun:\n', 'utf16le'), 'it is not UTF-8 text'],
    ['deep nesting', '['.repeat(deep), 'nested too deeply'],
    ['a huge file', '# x\n'.repeat(100_000), 'larger than 256 KiB'],
    [
      'an alias bomb',
      `a0: &a0 [x]\n${Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}]`).join('\n')}\n`,
      ':2:10: an alias',
    ],
  ])('a damaged file: %s', async (_what, text, reason) => {
    const paths = await temporaryPaths(text);
    const error = await caught(loadConfig({ paths, environment: {} }));
    expect(error.code).toBe('CONFIG_DAMAGED');
    expect(error.message).toContain(paths.configFile);
    expect(error.message).toContain(reason);
    expect(error.message).not.toMatch(/[^\P{Cc}\n]/u);
    expect(error.hint).toContain('llamero config edit');
  });

  test('a folder in its place', async () => {
    const paths = await temporaryPaths();
    const error = await caught(
      loadConfig({ paths: { ...paths, configFile: paths.home }, environment: {} }),
    );
    expect(error.code).toBe('CONFIG_DAMAGED');
    expect(error.message).toContain('it is a folder');
    expect(error.hint).toBe('Mend that, or name another file in LLAMERO_CONFIG');
  });

  test('a folder that LLAMERO_CONFIG names', async () => {
    const { home } = await temporaryPaths();
    const environment = { LLAMERO_CONFIG: home };
    const error = await caught(loadConfig({ paths: resolvePaths(environment, home), environment }));
    expect(error.code).toBe('CONFIG_DAMAGED');
    expect(error.hint).toBe(
      `Mend that, or \`${unsetLine(['LLAMERO_CONFIG'], process.platform)}\` to go on with the usual one`,
    );
  });

  test.skipIf(ON_WINDOWS)('a file in the place of its folder', async () => {
    const paths = await temporaryPaths('');
    const configFile = path.join(paths.configFile, 'config.yaml');
    const error = await caught(loadConfig({ paths: { ...paths, configFile }, environment: {} }));
    expect(error.code).toBe('CONFIG_DAMAGED');
    expect(error.message).toContain('its folder is a file');
  });

  test.skipIf(ON_WINDOWS)('a device without end is not read for ever', async () => {
    const paths = { ...(await temporaryPaths()), configFile: '/dev/zero' };
    const error = await caught(loadConfig({ paths, environment: {} }));
    expect(error.message).toContain('larger than 256 KiB');
  });
});

describe('mistakes elsewhere', () => {
  test.each([
    [{ LLAMERO_PORT: '0' }, 'LLAMERO_PORT must be a whole number from 1 to 65535, not `0`'],
    [{ LLAMERO_OFFLINE: 'perhaps' }, 'LLAMERO_OFFLINE must be true or false, not `perhaps`'],
    [{ HF_ENDPOINT: 'hub.example' }, 'HF_ENDPOINT must be an http or https address'],
  ])('%j names the variable', async (environment, message) => {
    const error = await caught(loadConfig({ paths: await temporaryPaths(), environment }));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(message);
    expect(error.hint).toContain(`\`unset ${Object.keys(environment)[0]}\``);
  });

  test('a bad flag names the flag', async () => {
    const flags: FlagSettings = { 'run.top-p': { flag: '--top-p', value: 2 } };
    const error = await caught(
      loadConfig({ paths: await temporaryPaths(), environment: {}, flags }),
    );
    expect(error.message).toBe('--top-p must be a number from 0 to 1, not `2`');
  });

  test('a value that is shown is short and without secrets', async () => {
    const paths = await temporaryPaths();
    const secret = await caught(
      loadConfig({ paths, environment: { HF_ENDPOINT: 'https://ana:pass@hub.example' } }),
    );
    expect(secret.message).not.toContain('pass@');
    const token = await caught(
      loadConfig({ paths, environment: { LLAMERO_PORT: 'hf_abcdefghijklmnop' } }),
    );
    expect(token.message).not.toContain('abcdefghijkl');
    const long = await caught(
      loadConfig({ paths, environment: { LLAMERO_PORT: '9'.repeat(5000) } }),
    );
    expect(long.message.length).toBeLessThan(200);
  });
});
