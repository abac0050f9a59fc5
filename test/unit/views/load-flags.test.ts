import path from 'node:path';

import { describe, expect, test } from 'vitest';

import { resolvePaths } from '../../../src/lib/config/paths.ts';
import type { LoadSettings } from '../../../src/lib/server/presets.ts';
import { loadSettingsOf, passthroughSettings } from '../../../src/views/load-flags.ts';
import { caught } from '../../support/caught.ts';

const PATHS = resolvePaths({}, path.resolve('/home/ana'));

describe('load flags', () => {
  test('are settings of the right kind; what was not given is none', () => {
    const given = {
      'ctx-size': '8192',
      'n-gpu-layers': 'ALL',
      'keep-alive': '1h',
      mmproj: 'off',
      lora: 'a.gguf',
      threads: undefined,
      temp: '0.5',
    };
    expect(loadSettingsOf(given, PATHS)).toEqual({
      'ctx-size': 8192,
      'n-gpu-layers': 'all',
      'keep-alive': 3600,
      mmproj: 'off',
      lora: path.resolve('a.gguf'),
    });
  });

  test('a bad value names the flag', () => {
    expect(() => loadSettingsOf({ 'flash-attn': 'yes' }, PATHS)).toThrow(
      '--flash-attn must be on or off or auto, not `yes`',
    );
  });
});

describe('what follows --', () => {
  test.each<[string, LoadSettings]>([
    ['', {}],
    ['--rope-scaling yarn', { 'rope-scaling': 'yarn' }],
    ['--rope-scaling=yarn', { 'rope-scaling': 'yarn' }],
    ['--no-warmup', { 'no-warmup': true }],
    ['--no-warmup --metrics --poll 0', { 'no-warmup': true, metrics: true, poll: '0' }],
    ['--yarn-ext-factor -1.0', { 'yarn-ext-factor': '-1.0' }],
    ['--override-kv=a=int:3', { 'override-kv': 'a=int:3' }],
    ['-ngl 10 -c 4096', { 'n-gpu-layers': 10, 'ctx-size': 4096 }],
    ['-sm row', { sm: 'row' }],
    ['-ngl -1', { 'n-gpu-layers': '-1' }],
    ['--temperature 0.5 -np auto', { temp: 0.5, parallel: 'auto' }],
    ['--no-mmproj', { mmproj: 'off' }],
    ['--mlock', { 'load-mode': 'mmap+mlock' }],
    ['--no-mmap', { 'load-mode': 'none' }],
    ['--lora a.gguf', { lora: path.resolve('a.gguf') }],
    ['--no-context-shift --context-shift', { 'context-shift': true }],
  ])('%s', (line, settings) => {
    expect(passthroughSettings(line.split(' ').filter(Boolean), PATHS)).toEqual(settings);
  });

  test.each([
    ['yarn', '«yarn» is no flag of llama-server'],
    ['--control-vector-layer-range 1 2', 'takes two values'],
    ['--rope-scale 1 2', '«2» is no flag'],
    ['--port 1', "The flag --port is llamero's own to set: use `server.port`"],
    ['-m x.gguf', 'is llamero'],
    ['--hf-repo a/b', 'models come from `llamero pull`'],
    ['--', '«--» is no flag'],
  ])('%s is refused', async (line, message) => {
    const error = await caught(
      Promise.resolve().then(() => passthroughSettings(line.split(' '), PATHS)),
    );
    expect(error.code).toBe('USAGE');
    expect(error.message).toContain(message);
  });
});
