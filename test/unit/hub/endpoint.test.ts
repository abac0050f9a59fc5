import { describe, expect, test } from 'vitest';

import { parseEndpoint } from '../../../src/lib/hub/endpoint.ts';

test.each([
  [undefined, 'https://huggingface.co'],
  ['https://huggingface.co/', 'https://huggingface.co'],
  ['  http://127.0.0.1:8080  ', 'http://127.0.0.1:8080'],
  ['https://mirror.example/hf//', 'https://mirror.example/hf'],
])('the endpoint %j is %s', (text, href) => {
  const endpoint = parseEndpoint(text);
  expect(endpoint.href).toBe(href);
  expect(endpoint.page('user/repo')).toBe(`${href}/user/repo`);
});

test.each([
  '',
  'huggingface.co',
  'ftp://huggingface.co',
  'https://me:secret@mirror.example',
  'https://mirror.example?token=secret',
  'https://mirror.example/#secret',
])('%j is no endpoint, and no secret of it is shown', (text) => {
  expect(() => parseEndpoint(text)).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.not.stringContaining('secret') as string,
    }),
  );
});

describe('the hub’s own', () => {
  test.each([
    ['https://mirror.example/hf', 'https://mirror.example/x?y', 'https://mirror.example/x?y'],
    ['https://mirror.example/hf', 'https://huggingface.co/x?y', 'https://mirror.example/hf/x?y'],
    ['https://mirror.example', 'http://mirror.example/x', undefined],
    ['https://mirror.example', 'https://mirror.example:444/x', undefined],
    ['https://mirror.example', 'https://mirror.example.evil.example/x', undefined],
    ['https://mirror.example', 'http://huggingface.co/x', undefined],
    ['https://huggingface.co', 'https://cdn-lfs.huggingface.co/x', undefined],
    ['https://huggingface.co', 'https://hf.co/x', undefined],
  ])('%s asks for %s at %s', (endpoint, url, own) => {
    expect(parseEndpoint(endpoint).own(new URL(url))?.href).toBe(own);
  });
});
