import { describe, expect, test } from 'vitest';

import { separateWords } from '../../../src/views/run-words.ts';

describe('the words of run', () => {
  test.each<[string, string[], string[]]>([
    ['user/repo hello', ['user/repo', 'hello'], []],
    ['user/repo -- --rope-scaling yarn', ['user/repo'], ['--rope-scaling', 'yarn']],
    ['user/repo -- -- a', ['user/repo'], ['--', 'a']],
    ['-- a', [], ['a']],
    ['--resume', ['--resume='], []],
    ['--resume 3f9ak2', ['--resume=3f9ak2'], []],
    ['--resume=3f9ak2 user/repo', ['--resume=3f9ak2', 'user/repo'], []],
    ['--resume user/repo', ['--resume=', 'user/repo'], []],
    ['--resume --stats', ['--resume=', '--stats'], []],
    ['--resume 3f9ak2 user/repo hi', ['--resume=3f9ak2', 'user/repo', 'hi'], []],
    ['a --resume -- b', ['a', '--resume='], ['b']],
    ['a -- --resume b', ['a'], ['--resume', 'b']],
  ])('%s', (line, words, engineWords) => {
    expect(separateWords(line.split(' '))).toEqual({ words, engineWords });
  });

  test('are the same when they are separated twice', () => {
    const once = separateWords(['a', '--resume', 'b', '--resume']).words;
    expect(separateWords(once).words).toEqual(once);
  });
});
