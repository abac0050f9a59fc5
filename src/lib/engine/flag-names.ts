/** Flags without their dashes, with their values: `['ctx-size', '4096']`. */
export type NamedFlag = readonly [name: string, value: string];

/**
 * Flags that were renamed: by the name of today, what older builds call the same. Values that have
 * no equal there are missing. Sources: https://github.com/ggml-org/llama.cpp/blob/master/common/arg.cpp
 * and its history; `--load-mode` took the place of `--mmap`, `--mlock` and `--direct-io` in 2026.
 */
const FORMER_NAMES: Readonly<Record<string, Readonly<Record<string, readonly NamedFlag[]>>>> = {
  'load-mode': {
    auto: [],
    mmap: [],
    none: [['no-mmap', 'true']],
    mlock: [
      ['no-mmap', 'true'],
      ['mlock', 'true'],
    ],
    'mmap+mlock': [['mlock', 'true']],
    dio: [['direct-io', 'true']],
  },
};

/**
 * A setting in the words of a build.
 *
 * @param flags what the build accepts, with dashes
 * @returns undefined when the build has no word for it
 */
export function inWordsOf(
  flags: ReadonlySet<string>,
  name: string,
  value: string,
): readonly NamedFlag[] | undefined {
  if (flags.has(`--${name}`)) return [[name, value]];
  const former = FORMER_NAMES[name]?.[value];
  return former?.every(([known]) => flags.has(`--${known}`)) === true ? former : undefined;
}
