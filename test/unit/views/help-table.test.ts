import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';

import { helpTable } from '../../../src/views/help-table.ts';
import { HELP_TOPICS } from '../../../src/views/help-topics.ts';

const TOPICS = [...HELP_TOPICS].map(([name, { entries }]) => [name, entries] as const);

describe.each(TOPICS)('the table of %s', (_name, entries) => {
  test('stands on one line each where there is room', () => {
    const lines = helpTable(entries, 400).split('\n');
    expect(lines[0]).toMatch(/^NAME +MEANING$/u);
    expect(lines).toHaveLength(entries.length + 1);
    expect(helpTable(entries, undefined).split('\n')).toEqual(lines);
  });

  test('is wrapped between words where there is little, and loses none', () => {
    const table = helpTable(entries, 60);
    for (const line of table.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(60);
    const text = entries.map(([name, meaning]) => `${name} ${meaning}`).join(' ');
    expect(wordsOf(table)).toEqual(['NAME', 'MEANING', ...wordsOf(text)]);
  });
});

function wordsOf(text: string): string[] {
  return text.split(/\s+/u).filter((word) => word !== '');
}
