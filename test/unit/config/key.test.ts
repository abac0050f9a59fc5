import { describe, expect, test } from 'vitest';

import { formatValue, keyAt, keyProblem, splitKey } from '../../../src/lib/config/key.ts';

describe('a typed key', () => {
  test.each<[string, readonly string[]]>([
    ['server.port', ['server', 'port']],
    ['server', ['server']],
    ['models.user/repo.ctx-size', ['models', 'user/repo', 'ctx-size']],
    ['models.user/Llama-3.2-1B:Q4_K_M.temp', ['models', 'user/Llama-3.2-1B:Q4_K_M', 'temp']],
    ['models.bartowski/*.keep-alive', ['models', 'bartowski/*', 'keep-alive']],
    ['models.user/a.b.args.rope-scaling', ['models', 'user/a.b', 'args', 'rope-scaling']],
    ['models.user/args.temp', ['models', 'user/args', 'temp']],
    ['server.args.rope-scaling', ['server', 'args', 'rope-scaling']],
    ['models.*', ['models', '*']],
    ['models', ['models']],
    ['a.b.c', ['a', 'b.c']],
  ])('%s is %j in the file', (text, path) => {
    expect(splitKey(text)).toEqual(path);
    expect(path.join('.')).toBe(text);
  });

  test.each<[string, object]>([
    ['server.port', { type: 'setting', key: 'server.port' }],
    ['models.user/repo.ctx-size', { type: 'model', pattern: 'user/repo', name: 'ctx-size' }],
    ['models.*:Q2_K.system', { type: 'model', pattern: '*:Q2_K', name: 'system' }],
    ['server.args.rope-scaling', { type: 'argument', flag: 'rope-scaling' }],
    ['models.u/r.args.sm', { type: 'argument', pattern: 'u/r', flag: 'sm' }],
  ])('%s is about %j', (text, target) => {
    expect(keyAt(splitKey(text))).toMatchObject({ text, target });
  });

  test.each([
    ['server.prot', 'unknown setting `server.prot` (did you mean `server.port`?)'],
    ['models', 'unknown setting `models`'],
    ['models.u/r', 'unknown setting `models.u/r`'],
    ['models.u/r.tmp', 'unknown setting `models.u/r.tmp` (did you mean `models.u/r.temp`?)'],
    ['models.u/r.ctx_size', '(did you mean `models.u/r.ctx-size`?)'],
    [
      'models.u/r.port',
      '`models.u/r.port` is no setting of one model: `server.port` holds for all',
    ],
    ['models.llama.temp', '`models.llama.temp` names no model'],
    ['server.args.port', "is llamero's own to set: use `server.port`"],
    ['server.args.sleep-idle-seconds', 'use `keep-alive`'],
    ['server.args.control-vector-layer-range', 'takes two values'],
    ['models.u/r.args.c', '`models.u/r.args.c` has a setting of its own: `models.u/r.ctx-size`'],
    ['server.args.ngl', 'has a setting of its own: `server.n-gpu-layers`'],
    ['server.args.temperature', 'has a setting of its own: `run.temp`'],
    ['server.args.no-mmap', 'has a setting of its own: `server.load-mode`'],
    ['server.args.--rope-scaling', 'is written without the dashes'],
    ['server.args.__proto__', 'is no flag'],
    ['models.u/r.constructor', 'unknown setting'],
    ['models.u/r.x\u001B[31m', 'unknown setting `models.u/r.x[31m`'],
  ])('%j is none', (text, problem) => {
    expect(keyAt(splitKey(text))).toBeUndefined();
    expect(keyProblem(splitKey(text))).toContain(problem);
  });
});

test.each([
  ['models.u/r.keep-alive', 3600, '1h'],
  ['models.u/r.keep-alive', -1, '-1'],
  ['server.keep-alive', 0, '0'],
  ['server.args.no-context-shift', true, 'true'],
  ['server.port', undefined, ''],
])('the value of %s %j is shown as %j', (key, value, shown) => {
  expect(formatValue(key, value)).toBe(shown);
});
