import { expect, test } from 'vitest';

import { buildPresets } from '../../../src/lib/server/presets.ts';
import { requireInPresets } from '../../../src/lib/server/wanted.ts';
import { storedAs } from './stored-models.ts';

test('a model that is refused for a flag says where flags come from: its settings, or the command', () => {
  const model = storedAs('user/repo:Q8_0');
  const presets = buildPresets(
    [{ model, settings: { nonsense: '3' }, aliases: [] }],
    new Set(['--model']),
  );
  expect(() => requireInPresets(presets, model.ref)).toThrow(
    expect.objectContaining({
      code: 'MODEL_LOAD_FAILED',
      message: expect.stringContaining('has no flag --nonsense') as string,
      hint: 'Correct what the command was given, or the setting: `llamero explain user/repo:Q8_0` shows where each comes from',
    }),
  );
});
