import { Flags } from '@oclif/core';

import { type Backend, BACKENDS } from '../lib/engine/backend.ts';
import type { Channel } from '../lib/engine/releases.ts';
import { LlameroError } from '../lib/errors.ts';
import { oneLine } from '../lib/plain-text.ts';

const CHANNELS = ['stable', 'nightly'] as const satisfies readonly Channel[];

/** The channel of releases, in place of `engine.channel`. */
export function channelFlag() {
  return Flags.option({
    options: CHANNELS,
    summary: 'Take stable builds, or every one',
    helpValue: CHANNELS.join('|'),
  })();
}

/** The backend, in place of `engine.backend`. */
export function backendFlag() {
  const options: readonly (Backend | 'auto')[] = ['auto', ...BACKENDS];
  return Flags.option({
    options,
    summary: 'What the build computes with',
    helpValue: options.join('|'),
  })();
}

/**
 * A build as it is typed: `b11505`, `11505`, `latest`.
 *
 * @throws LlameroError USAGE
 */
export function readVersion(text: string | undefined): number | 'latest' | undefined {
  if (text === undefined || text === 'latest') return text;
  const build = /^b?([1-9]\d{0,8})$/iu.exec(text)?.[1];
  if (build !== undefined) return Number(build);
  throw new LlameroError('USAGE', `${oneLine(text)} is no build of llama.cpp`, {
    hint: 'Builds are numbers: `llamero update --version b11505`, or `--version latest`',
  });
}
