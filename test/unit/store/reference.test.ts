import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { parseReference } from '../../../src/lib/store/reference.ts';

const repo = 'bartowski/Llama-3.2-1B-Instruct-GGUF';
const file = 'Llama-3.2-1B-Instruct-Q4_K_M.gguf';

describe('what people type and paste', () => {
  test.each([
    [repo, { repo }],
    [`  ${repo}  `, { repo }],
    [`${repo}:Q4_K_M`, { repo, tag: 'Q4_K_M' }],
    [`${repo}:q4_k_m`, { repo, tag: 'q4_k_m' }],
    [`${repo}@q8_0`, { repo, tag: 'q8_0' }],
    [`${repo}:${file}`, { repo, tag: file }],
    [`${repo}:sub/dir/${file}`, { repo, tag: `sub/dir/${file}` }],
    [`hf.co/${repo}`, { repo }],
    [`hf.co/${repo}:Q4_K_M`, { repo, tag: 'Q4_K_M' }],
    [`huggingface.co/${repo}:IQ4_XS`, { repo, tag: 'IQ4_XS' }],
    [`hf:${repo}`, { repo }],
    [`hf:${repo}:Q4_K_M`, { repo, tag: 'Q4_K_M' }],
    [`hf:${repo}/${file}#dev`, { repo, tag: file, revision: 'dev' }],
    [`hf://${repo}`, { repo }],
    [`hf://models/${repo}`, { repo }],
    [`hf://${repo}@refs`, { repo, revision: 'refs' }],
    [`hf://${repo}@v1/${file}`, { repo, tag: file, revision: 'v1' }],
    [`hf://${repo}/${file}`, { repo, tag: file }],
    [`https://huggingface.co/${repo}`, { repo }],
    [`https://huggingface.co/${repo}/`, { repo }],
    [`https://huggingface.co/${repo}?show_file_info=${file}`, { repo }],
    [`https://huggingface.co/${repo}/tree/main`, { repo }],
    [`https://huggingface.co/${repo}/tree/v2`, { repo, revision: 'v2' }],
    [`https://huggingface.co/${repo}/blob/main/${file}`, { repo, tag: file }],
    [`https://huggingface.co/${repo}/resolve/main/${file}?download=true`, { repo, tag: file }],
    [
      `https://huggingface.co/${repo}/blob/abc123/Q8/a%20b.gguf`,
      { repo, tag: 'Q8/a b.gguf', revision: 'abc123' },
    ],
    ['http://hub.example:8080/u/r', { repo: 'u/r' }],
  ])('%s', (text, expected) => {
    expect(parseReference(text, 'http://hub.example:8080')).toEqual(expected);
  });
});

describe('what is refused', () => {
  test.each([
    [''],
    ['llama'],
    ['a/b/c'],
    ['../etc'],
    ['../../etc/passwd'],
    ['user/..'],
    ['user/.hidden'],
    ['user/re..po'],
    ['user/repo:'],
    ['user/repo:../../x.gguf'],
    ['user/repo:a\\b'],
    ['user/repo:a\u0000b'],
    ['user/repo:\u001B[31m'],
    ['us er/repo'],
    [`user/${'x'.repeat(97)}`],
    ['https://evil.example/user/repo'],
    ['https://huggingface.co/user'],
    ['https://huggingface.co/user/repo/discussions/1'],
    ['https://huggingface.co/%E0%A4%A/repo'],
    ['hf://datasets/user/repo'],
  ])('%j', (text) => {
    expect(() => parseReference(text)).toThrow(
      expect.objectContaining({ code: 'REFERENCE_INVALID' }),
    );
  });
});

test('whatever is typed, a repository is two names that are safe in a path', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.webUrl(),
        fc.string().map((text) => `u/${text}`),
      ),
      (text) => {
        let parsed;
        try {
          parsed = parseReference(text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'REFERENCE_INVALID' });
          return;
        }
        expect(parsed.repo).toMatch(/^[A-Za-z0-9_][A-Za-z0-9._-]*\/[A-Za-z0-9_][A-Za-z0-9._-]*$/u);
        expect(parsed.repo).not.toContain('..');
      },
    ),
  );
});
