import { expect, test } from 'vitest';

import { parseReleasesBase } from '../../../src/lib/engine/releases-base.ts';

test.each([
  ['https://api.github.com/repos/x/y', 'https://api.github.com/other', true],
  ['https://api.github.com/repos/x/y', 'https://github.com/x/y', false],
  ['https://api.github.com/repos/x/y', 'http://api.github.com/repos', false],
  ['https://api.github.com/repos/x/y', 'https://api.github.com:444/repos', false],
  ['https://api.github.com/repos/x/y', 'https://api.github.com.example.com/', false],
  ['http://mirror.example.com/x', 'http://mirror.example.com/x', false],
  ['http://127.0.0.1.example.com/x', 'http://127.0.0.1.example.com/x', false],
  ['http://127.0.0.1:8080/x', 'http://127.0.0.1:8080/x', true],
  ['http://[::1]:8080/x', 'http://[::1]:8080/x', true],
  ['http://localhost:8080/x', 'http://localhost:8081/x', false],
])('with the base %s a token may go to %s: %s', (base, url, expected) => {
  expect(parseReleasesBase(base).mayHaveToken(new URL(url))).toBe(expected);
});

test('slashes at the end make no difference, and GitHub is known by its address', () => {
  expect(parseReleasesBase('https://example.com/x//').href).toBe('https://example.com/x');
  expect(parseReleasesBase().isGitHub).toBe(true);
  expect(parseReleasesBase('https://example.com/x').isGitHub).toBe(false);
});
