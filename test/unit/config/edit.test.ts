import {
  chmod,
  mkdir,
  readFile,
  readdir,
  readlink,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, test } from 'vitest';

import { loadConfig } from '../../../src/lib/config/config.ts';
import { createConfigFile, setValue, unsetValue } from '../../../src/lib/config/edit.ts';
import { SETTING_KEYS } from '../../../src/lib/config/schema.ts';
import { configTemplate } from '../../../src/lib/config/template.ts';
import { temporaryPaths } from './temporary-paths.ts';

const onPosix = process.platform !== 'win32';

describe('setValue', () => {
  test('makes the file, for its owner alone, in a folder for its owner alone', async () => {
    const base = await temporaryPaths();
    const folder = path.join(base.home, 'new', 'home');
    const paths = { ...base, home: folder, configFile: path.join(folder, 'config.yaml') };
    expect(await setValue(paths, 'server.port', '8080')).toEqual({
      key: 'server.port',
      value: 8080,
    });
    expect(await readFile(paths.configFile, 'utf8')).toBe('server:\n  port: 8080\n');
    expect(await readdir(folder)).toEqual(['config.yaml']);
    if (onPosix) {
      expect((await stat(folder)).mode & 0o777).toBe(0o700);
      expect((await stat(paths.configFile)).mode & 0o777).toBe(0o600);
    }
  });

  test.runIf(onPosix)('leaves the mode of a folder that is there', async () => {
    const paths = await temporaryPaths('');
    await chmod(paths.home, 0o755);
    await setValue(paths, 'server.port', '8080');
    expect((await stat(paths.home)).mode & 0o777).toBe(0o755);
    expect((await stat(paths.configFile)).mode & 0o777).toBe(0o600);
  });

  test.each([
    ['pull.reserve', '1.5GiB', 'pull:\n  reserve: 1.5GiB\n'],
    ['pull.reserve', '5000', 'pull:\n  reserve: 5000\n'],
    ['pull.mmproj', 'no', 'pull:\n  mmproj: false\n'],
    ['server.start-timeout', '2m', 'server:\n  start-timeout: 2m\n'],
    ['server.n-gpu-layers', '33', 'server:\n  n-gpu-layers: 33\n'],
    ['server.n-gpu-layers', 'all', 'server:\n  n-gpu-layers: all\n'],
    ['server.llama-server', '~/bin/x', 'server:\n  llama-server: ~/bin/x\n'],
    ['run.system', '42', 'run:\n  system: "42"\n'],
    ['server.keep-alive', '-1', 'server:\n  keep-alive: -1\n'],
    ['server.keep-alive', '1h', 'server:\n  keep-alive: 1h\n'],
    ['server.model-draft', 'user/small:Q8_0', 'server:\n  model-draft: user/small:Q8_0\n'],
    ['server.args.rope-scaling', 'yarn', 'server:\n  args:\n    rope-scaling: yarn\n'],
    ['server.args.no-warmup', 'true', 'server:\n  args:\n    no-warmup: true\n'],
    ['models.u/r:Q4_K_M.ctx-size', '8192', 'models:\n  u/r:Q4_K_M:\n    ctx-size: 8192\n'],
    ['models.*:Q2_K.temp', '0.5', 'models:\n  "*:Q2_K":\n    temp: 0.5\n'],
    ['models.u/Llama-3.2.flash-attn', 'on', 'models:\n  u/Llama-3.2:\n    flash-attn: on\n'],
    ['models.u/*.args.fit', 'off', 'models:\n  u/*:\n    args:\n      fit: off\n'],
  ])('%s %s is written as typed', async (key, text, expected) => {
    const paths = await temporaryPaths();
    await setValue(paths, key, text);
    expect(await readFile(paths.configFile, 'utf8')).toBe(expected);
    const config = await loadConfig({ paths, environment: {} });
    expect(config.settings().find((setting) => setting.key === key)?.source).toBe('file');
  });

  test('a relative path counts from the current folder', async () => {
    const paths = await temporaryPaths();
    const { value } = await setValue(paths, 'server.llama-server', './engine');
    expect(value).toBe(path.resolve('engine'));
    const config = await loadConfig({ paths, environment: {} });
    expect(config.get('server.llama-server')).toBe(path.resolve('engine'));
  });

  test('mends a bad value', async () => {
    const paths = await temporaryPaths('server:\n  port: banana # typo\n');
    await setValue(paths, 'server.port', '8080');
    expect(await readFile(paths.configFile, 'utf8')).toBe('server:\n  port: 8080 # typo\n');
  });

  test.each([
    ['server.prot', '1', 'Unknown setting `server.prot` (did you mean `server.port`?)'],
    ['server', '1', 'Unknown setting `server`'],
    ['server.port', '0', '`server.port` must be a whole number from 1 to 65535, not `0`'],
    ['server.port', '', '`server.port` must be a whole number from 1 to 65535'],
  ])('refuses %s %j and writes nothing', async (key, text, message) => {
    const paths = await temporaryPaths();
    await expect(setValue(paths, key, text)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(message) as string,
    });
    expect(await readdir(paths.home)).toEqual([]);
  });

  test.each(['server: [', '- a\n', 'a: 1\na: 2\n', 'run:\n  system: \0\n'])(
    'never writes over a damaged file: %j',
    async (text) => {
      const paths = await temporaryPaths(text);
      await expect(setValue(paths, 'server.port', '1')).rejects.toMatchObject({
        code: 'CONFIG_DAMAGED',
      });
      await expect(unsetValue(paths, 'server.port')).rejects.toMatchObject({
        code: 'CONFIG_DAMAGED',
      });
      expect(await readFile(paths.configFile, 'utf8')).toBe(text);
      expect(await readdir(paths.home)).toEqual(['config.yaml']);
    },
  );

  test.runIf(onPosix)('writes where a link points to, and leaves the link', async () => {
    const paths = await temporaryPaths();
    const dotfile = path.join(paths.home, 'dotfiles.yaml');
    await writeFile(dotfile, '# mine\n');
    await symlink('dotfiles.yaml', paths.configFile);
    await setValue(paths, 'server.port', '8080');
    expect(await readlink(paths.configFile)).toBe('dotfiles.yaml');
    expect(await readFile(dotfile, 'utf8')).toBe('# mine\n\nserver:\n  port: 8080\n');
  });

  test('does not replace what is no file', async () => {
    const paths = await temporaryPaths();
    await mkdir(paths.configFile);
    await expect(setValue(paths, 'server.port', '1')).rejects.toMatchObject({
      code: 'CONFIG_DAMAGED',
    });
    expect((await stat(paths.configFile)).isDirectory()).toBe(true);
  });

  test('says so where its folder is a file', async () => {
    const base = await temporaryPaths('');
    const paths = { ...base, configFile: path.join(base.configFile, 'config.yaml') };
    await expect(setValue(paths, 'server.port', '1')).rejects.toMatchObject({
      code: 'CONFIG_DAMAGED',
      message: expect.stringContaining('its folder is a file') as string,
    });
  });

  test('many at once lose nothing', async () => {
    const paths = await temporaryPaths();
    const changes = [
      ['server.port', '1'],
      ['server.host', 'a'],
      ['run.temp', '1'],
      ['run.seed', '2'],
      ['hub.offline', 'true'],
      ['pull.quant', 'Q8_0'],
    ] as const;
    await Promise.all(changes.map(([key, text]) => setValue(paths, key, text)));
    const config = await loadConfig({ paths, environment: {} });
    const fromFile = config.settings().filter(({ source }) => source === 'file');
    expect(fromFile).toHaveLength(changes.length);
  });
});

describe('unsetValue', () => {
  test('takes a value out and says so', async () => {
    const paths = await temporaryPaths('server:\n  port: 1\n  host: x\n');
    expect(await unsetValue(paths, 'server.port')).toBe(true);
    expect(await readFile(paths.configFile, 'utf8')).toBe('server:\n  host: x\n');
    expect(await unsetValue(paths, 'server.port')).toBe(false);
  });

  test('takes out all settings of a model at once', async () => {
    const text =
      'models:\n  # a\n  u/r:\n    temp: 1\n    args: { fit: off }\n  "*":\n    temp: 2\n';
    const paths = await temporaryPaths(text);
    expect(await unsetValue(paths, 'models.u/r')).toBe(true);
    expect(await readFile(paths.configFile, 'utf8')).toBe('models:\n  # a\n  "*":\n    temp: 2\n');
  });

  test('takes out a key that llamero does not know', async () => {
    const paths = await temporaryPaths('server:\n  prot: 1\n  host: x\n');
    expect(await unsetValue(paths, 'server.prot')).toBe(true);
    expect((await loadConfig({ paths, environment: {} })).get('server.host')).toBe('x');
  });

  test('an unknown key that the file does not have is a mistake', async () => {
    const paths = await temporaryPaths();
    await expect(unsetValue(paths, 'server.prot')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
    expect(await readdir(paths.home)).toEqual([]);
  });

  test('what is not set leaves the file as it is, byte for byte', async () => {
    const text = 'run:   {temp:   1}   \n\n\n';
    const paths = await temporaryPaths(text);
    expect(await unsetValue(paths, 'server.port')).toBe(false);
    expect(await readFile(paths.configFile, 'utf8')).toBe(text);
  });
});

describe('createConfigFile', () => {
  test('writes every setting as a comment, so that nothing is set', async () => {
    const paths = await temporaryPaths();
    await createConfigFile(paths);
    expect(await readFile(paths.configFile, 'utf8')).toBe(configTemplate());
    const config = await loadConfig({ paths, environment: {} });
    expect(config.settings().every(({ source }) => source === 'default')).toBe(true);
  });

  test('with the comment signs taken away the defaults are set', async () => {
    const defaults = (
      await loadConfig({ paths: await temporaryPaths(), environment: {} })
    ).settings();
    const text = configTemplate().replaceAll(/^ {2}# (?=[a-z-]+:)/gmu, '  ');
    const config = await loadConfig({ paths: await temporaryPaths(text), environment: {} });
    for (const [index, key] of SETTING_KEYS.entries()) {
      const { value, source } = config.setting(key);
      expect(value).toEqual(defaults[index]?.value);
      expect(source).toBe(value === undefined ? 'default' : 'file');
    }
  });

  test('leaves a file that is there, damaged or not', async () => {
    const paths = await temporaryPaths('server: [');
    await createConfigFile(paths);
    expect(await readFile(paths.configFile, 'utf8')).toBe('server: [');
  });
});
