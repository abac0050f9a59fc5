import { describe, expect, test } from 'vitest';

import { isModelPattern } from '../../../src/lib/config/model-pattern.ts';
import { readReferences } from '../../../src/lib/pull/references.ts';
import { findAlias } from '../../../src/lib/store/aliases.ts';
import { createMatcher } from '../../../src/lib/store/match.ts';
import type { StoredModel } from '../../../src/lib/store/model.ts';
import { REFERENCE_FORMS } from '../../../src/views/help-references.ts';

const endpoint = 'https://huggingface.co';
const forms = REFERENCE_FORMS.map(([form]) => form);
const ofTheHub = forms.filter((form) => form.includes('user/repo'));
const ofTheStore = forms.filter((form) => !form.includes('user/repo'));

const stored: StoredModel = {
  ref: 'bartowski/Llama-3.2-1B-Instruct-GGUF:Q2_K',
  repo: 'bartowski/Llama-3.2-1B-Instruct-GGUF',
  quant: 'Q2_K',
  path: '/models/Q2_K.gguf',
  files: [],
  size: 1,
  state: 'complete',
  modifiedAt: new Date(0),
};

describe('the forms of references that the help lists', () => {
  test.each(ofTheHub)('%s names a model of the Hub', (form) => {
    const [first] = readReferences([form], { endpoint });
    expect(first?.repo).toBe('user/repo');
  });

  test.each(ofTheStore)('%s names a stored model', (form) => {
    const aliases = new Map([['fast', stored.ref]]);
    const found = createMatcher([stored], aliases).match(form, { endpoint });
    const kind = findAlias(aliases, form) ? 'alias' : isModelPattern(form) ? 'pattern' : 'guess';
    expect(found?.candidates[0].models).toEqual([stored]);
    expect(kind === 'guess' ? ['name', 'end', 'part'] : [kind]).toContain(found?.kind);
  });

  test('are of both kinds', () => {
    expect(ofTheHub.length).toBeGreaterThan(5);
    expect(ofTheStore.length).toBeGreaterThan(3);
  });
});
