import { describe, expect, test } from 'vitest';

import { otherPlaces } from '../../../src/lib/reuse/places.ts';

function placesOf(platform: NodeJS.Platform, environment: Record<string, string>): string[] {
  const homeDirectory = { win32: 'C:\\Users\\ana', darwin: '/Users/ana' }[platform as string];
  const places = otherPlaces({
    environment,
    homeDirectory: homeDirectory ?? '/home/ana',
    platform,
  });
  return places.map(({ layout, folder }) => `${layout}: ${folder}`);
}

describe('without any variable', () => {
  test('on Linux', () => {
    expect(placesOf('linux', {})).toEqual([
      'hub cache: /home/ana/.cache/huggingface/hub',
      'ollama: /home/ana/.ollama/models',
      'ollama: /usr/share/ollama/.ollama/models',
      'llama.cpp: /home/ana/.cache/llama.cpp',
      'lm studio: /home/ana/.lmstudio/models',
      'lm studio: /home/ana/.cache/lm-studio/models',
    ]);
  });

  test('on macOS', () => {
    expect(placesOf('darwin', {})).toEqual([
      'hub cache: /Users/ana/.cache/huggingface/hub',
      'ollama: /Users/ana/.ollama/models',
      'llama.cpp: /Users/ana/Library/Caches/llama.cpp',
      'lm studio: /Users/ana/.lmstudio/models',
      'lm studio: /Users/ana/.cache/lm-studio/models',
    ]);
  });

  test('on Windows', () => {
    expect(placesOf('win32', {})).toEqual([
      'hub cache: C:\\Users\\ana\\.cache\\huggingface\\hub',
      'ollama: C:\\Users\\ana\\.ollama\\models',
      'llama.cpp: C:\\Users\\ana\\AppData\\Local\\llama.cpp',
      'lm studio: C:\\Users\\ana\\.lmstudio\\models',
      'lm studio: C:\\Users\\ana\\.cache\\lm-studio\\models',
    ]);
  });
});

const HUB_CACHES: [environment: Record<string, string>, folder: string][] = [
  [
    {
      HF_HUB_CACHE: '/a',
      HUGGINGFACE_HUB_CACHE: '/b',
      HF_HOME: '/c',
      XDG_CACHE_HOME: '/d',
    },
    '/a',
  ],
  [{ HUGGINGFACE_HUB_CACHE: '/b', HF_HOME: '/c', XDG_CACHE_HOME: '/d' }, '/b'],
  [{ HF_HOME: '/c', XDG_CACHE_HOME: '/d' }, '/c/hub'],
  [{ XDG_CACHE_HOME: '/d' }, '/d/huggingface/hub'],
  [{ HF_HOME: '~/hf' }, '/home/ana/hf/hub'],
  [{ HF_HOME: '' }, '/home/ana/.cache/huggingface/hub'],
  [{ HF_HUB_CACHE: '/big/hub/' }, '/big/hub'],
];

test.each(HUB_CACHES)('the Hugging Face cache of %j is %s', (environment, folder) => {
  expect(placesOf('linux', environment)).toContain(`hub cache: ${folder}`);
  expect(placesOf('linux', environment).filter((place) => place.startsWith('hub'))).toHaveLength(1);
});

const OTHERS: [NodeJS.Platform, Record<string, string>, expected: string[], not: string[]][] = [
  [
    'linux',
    { OLLAMA_MODELS: '/big/ollama' },
    ['ollama: /big/ollama', 'ollama: /home/ana/.ollama/models'],
    [],
  ],
  [
    'linux',
    { LLAMA_CACHE: '/big/llama' },
    ['hub cache: /big/llama', 'llama.cpp: /big/llama'],
    ['llama.cpp: /home/ana/.cache/llama.cpp'],
  ],
  ['linux', { XDG_CACHE_HOME: '/xdg' }, ['llama.cpp: /xdg/llama.cpp'], []],
  ['darwin', { XDG_CACHE_HOME: '/xdg' }, ['llama.cpp: /Users/ana/Library/Caches/llama.cpp'], []],
  ['win32', { LOCALAPPDATA: 'D:\\Local' }, ['llama.cpp: D:\\Local\\llama.cpp'], []],
  ['win32', { HF_HOME: '~\\hf' }, ['hub cache: C:\\Users\\ana\\hf\\hub'], []],
];

test.each(OTHERS)('on %s with %j there are %j', (platform, environment, expected, not) => {
  const places = placesOf(platform, environment);
  expect(places).toEqual(expect.arrayContaining(expected));
  for (const folder of not) expect(places).not.toContain(folder);
});

test('a folder that two rules name is one place', () => {
  const places = placesOf('linux', { OLLAMA_MODELS: '/home/ana/.ollama/models' });
  expect(places.filter((place) => place === 'ollama: /home/ana/.ollama/models')).toHaveLength(1);
  const shared = placesOf('linux', { LLAMA_CACHE: '/hub', HF_HUB_CACHE: '/hub' });
  expect(shared.filter((place) => place === 'hub cache: /hub')).toHaveLength(1);
});

test('every place is named so that a sentence can name it', () => {
  const places = otherPlaces({
    environment: { LLAMA_CACHE: '/llama' },
    homeDirectory: '/home/ana',
    platform: 'linux',
  });
  expect([...new Set(places.map(({ name }) => name))]).toEqual([
    'the Hugging Face cache',
    'Ollama',
    'llama.cpp',
    'LM Studio',
  ]);
});
