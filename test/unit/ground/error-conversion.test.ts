import { describe, expect, test } from 'vitest';

import { toLlameroError } from '../../../src/error-conversion.ts';

function refusal(code: string, path?: string): Error {
  return Object.assign(new Error(`${code}: refused`), { code, ...(path && { path }) });
}

describe('what the file system refuses to be read', () => {
  test.each([
    ['EACCES', '/home/me/models', '/home/me/models may not be read'],
    ['EPERM', '/home/me/models', '/home/me/models may not be read'],
    ['EIO', '/mnt/a/b', '/mnt/a/b cannot be read: the disk reports an error'],
  ])('%s is an error of the disk', (code, path, message) => {
    const error = toLlameroError(refusal(code, path));
    expect(error).toMatchObject({ code: 'DISK_NOT_READABLE', exitCode: 7, message });
  });

  test('names the command that shows whose a folder is', () => {
    const { hint } = toLlameroError(refusal('EACCES', "/home/me/my models'"));
    expect(hint).toBe(String.raw`See whose it is: ${'`'}ls -ld '/home/me/my models'\'''${'`'}`);
  });

  test.each([
    ['EACCES', undefined],
    ['ENOENT', '/home/me/models'],
  ])('%s of %s stays a bug', (code, path) => {
    expect(toLlameroError(refusal(code, path)).code).toBe('INTERNAL');
  });
});
