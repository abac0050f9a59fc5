import { PassThrough } from 'node:stream';

import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';

import type { EngineOverview } from '../../../src/lib/engine/overview.ts';
import { Terminal } from '../../../src/lib/ui/terminal.ts';
import { renderEngines } from '../../../src/views/engine-table.ts';
import { renderSettings } from '../../../src/views/settings-table.ts';

/** The lines that are printed on a terminal of so many columns; in a pipe without them. */
function printed(columns: number | undefined, print: (terminal: Terminal) => void): string[] {
  const stdout = Object.assign(
    new PassThrough({ encoding: 'utf8' }),
    columns === undefined ? {} : { isTTY: true, columns },
  );
  const streams = { stdin: process.stdin, stdout, stderr: new PassThrough() };
  print(new Terminal(streams, 'normal', { NO_COLOR: '1' }));
  return String(stdout.read()).trimEnd().split('\n');
}

describe('the settings', () => {
  const settings = [
    { key: 'server.api-key-file', value: '/home/somebody/keys/llamero-server.key' },
    { key: 'server.llama-server', value: '/opt/llama.cpp/build/bin/llama-server' },
  ].map((setting) => ({ ...setting, source: 'environment', origin: 'LLAMERO_LLAMA_SERVER' }));

  test('stand on one line each at 60 columns', () => {
    const lines = printed(60, (terminal) => renderSettings(terminal, settings));
    expect(lines).toHaveLength(3);
    for (const line of lines) {
      expect(stringWidth(line)).toBeLessThanOrEqual(60);
      expect(line.split(/ {2,}/u)).toHaveLength(3);
    }
    expect(lines[1]).toMatch(/ {2}\/home\/somebody\S* {2}environment/u);
  });

  test('are not cut in a pipe', () => {
    const [, line] = printed(undefined, (terminal) => renderSettings(terminal, settings));
    expect(line).toBe(
      'server.api-key-file  /home/somebody/keys/llamero-server.key  environment (LLAMERO_LLAMA_SERVER)',
    );
  });
});

describe('the engines', () => {
  const installed = '/home/somebody/.llamero/bin/b11669-cuda/llama-server';
  const own = '/opt/llama.cpp/build/bin/llama-server';
  const now = new Date('2026-07-30T00:00:00Z');
  const overview: EngineOverview = {
    engines: [
      { origin: 'environment', path: own, used: true, build: 11669, version: '0.7.0' },
      {
        origin: 'installed',
        path: installed,
        used: false,
        build: 11669,
        version: '0.7.0',
        backend: 'cuda-12.8',
        installedAt: '2026-07-01T00:00:00Z',
      },
    ],
  };
  const lines = (columns: number | undefined): string[] =>
    printed(columns, (terminal) => renderEngines(terminal, overview, now));

  test('have their paths beside them where there is room', () => {
    expect(lines(200)).toEqual(lines(undefined));
    expect(lines(200).map((line) => line.split(/ {2,}/u).at(-1))).toEqual(['PATH', own, installed]);
  });

  test('have their whole paths below them where there is little', () => {
    const narrow = lines(60);
    expect(narrow[0]).not.toContain('PATH');
    expect([narrow[2], narrow[4]]).toEqual([`   ${own}`, `   ${installed}`]);
    for (const line of narrow) expect(stringWidth(line)).toBeLessThanOrEqual(60);
  });
});
