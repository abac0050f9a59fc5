import { describe, expect, test } from 'vitest';

import { requireConsistent } from '../../../src/views/run-contradictions.ts';

describe('the flags of run', () => {
  test.each([
    [{ raw: true, system: 'x' }, '--raw and --system contradict each other'],
    [{ raw: true, image: ['a.png'] }, '--raw and --image contradict each other'],
    [{ format: 'json', interactive: true }, '--format and --interactive contradict each other'],
    [{ json: true, resume: '' }, '--json and --resume contradict each other'],
    [{ continue: true, resume: 'abc' }, '--continue and --resume contradict each other'],
    [{ json: true, output: 'text' }, '--json and --output text contradict each other'],
  ])('%j contradict each other', (given, message) => {
    expect(() => requireConsistent(given)).toThrow(message);
  });

  test.each([
    {},
    { raw: true, format: 'json', json: true },
    { raw: false, system: 'x', image: ['a.png'], think: 'on' },
    { json: true, output: 'json' },
    { json: false, interactive: true, continue: false, resume: '' },
  ])('%j go together', (given) => {
    expect(() => requireConsistent(given)).not.toThrow();
  });
});
