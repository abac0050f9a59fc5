/** A setting of how the next token is chosen. */
export interface SamplingParameter {
  /** The name of its llama-server flag without the dashes. */
  readonly name: string;
  /** What it is called in a request. */
  readonly field: string;
  readonly min: number;
  readonly max: number;
  readonly integer: boolean;
  readonly description: string;
}

/**
 * What is called how in a request, with the range it is worth having in. Source: llama.cpp,
 * tools/server/README.md, POST /completion.
 */
export const SAMPLING_PARAMETERS = [
  {
    name: 'temp',
    field: 'temperature',
    min: 0,
    max: 10,
    integer: false,
    description: 'Temperature; 0 takes the likeliest token',
  },
  {
    name: 'top-p',
    field: 'top_p',
    min: 0,
    max: 1,
    integer: false,
    description: 'Sample from the likeliest tokens up to this share (1: off)',
  },
  {
    name: 'top-k',
    field: 'top_k',
    min: 0,
    max: 2_147_483_647,
    integer: true,
    description: 'Sample from this many likeliest tokens (0: off)',
  },
  {
    name: 'min-p',
    field: 'min_p',
    min: 0,
    max: 1,
    integer: false,
    description: 'Drop tokens below this share of the likeliest (0: off)',
  },
  {
    name: 'repeat-penalty',
    field: 'repeat_penalty',
    min: 0.1,
    max: 10,
    integer: false,
    description: 'Penalty on repeated tokens (1: off)',
  },
  {
    name: 'seed',
    field: 'seed',
    min: -1,
    max: 4_294_967_295,
    integer: true,
    description: 'Seed of the random numbers (-1: a new one)',
  },
  {
    name: 'predict',
    field: 'max_tokens',
    min: -1,
    max: 2_147_483_647,
    integer: true,
    description: 'Tokens to generate at most (-1: until the model ends)',
  },
  {
    name: 'repeat-last-n',
    field: 'repeat_last_n',
    min: -1,
    max: 2_147_483_647,
    integer: true,
    description: 'Last tokens looked at for repeats (0: off, -1: the whole context)',
  },
  {
    name: 'presence-penalty',
    field: 'presence_penalty',
    min: -2,
    max: 2,
    integer: false,
    description: 'Penalty on tokens that occurred (0: off)',
  },
  {
    name: 'frequency-penalty',
    field: 'frequency_penalty',
    min: -2,
    max: 2,
    integer: false,
    description: 'Penalty on tokens by how often they occurred (0: off)',
  },
  {
    name: 'typical-p',
    field: 'typical_p',
    min: 0,
    max: 1,
    integer: false,
    description: 'Locally typical sampling up to this share (1: off)',
  },
  {
    name: 'top-n-sigma',
    field: 'top_n_sigma',
    min: -1,
    max: 100,
    integer: false,
    description: 'Keep logits within this many deviations of the highest (-1: off)',
  },
  {
    name: 'xtc-probability',
    field: 'xtc_probability',
    min: 0,
    max: 1,
    integer: false,
    description: 'Chance of removing the likeliest tokens, XTC (0: off)',
  },
  {
    name: 'xtc-threshold',
    field: 'xtc_threshold',
    min: 0,
    max: 1,
    integer: false,
    description: 'Tokens above this probability may be removed, XTC (above 0.5: off)',
  },
  {
    name: 'dynatemp-range',
    field: 'dynatemp_range',
    min: 0,
    max: 10,
    integer: false,
    description: 'The temperature moves this far up and down (0: off)',
  },
  {
    name: 'dynatemp-exp',
    field: 'dynatemp_exponent',
    min: 0,
    max: 10,
    integer: false,
    description: 'How entropy bends the moving temperature',
  },
  {
    name: 'dry-multiplier',
    field: 'dry_multiplier',
    min: 0,
    max: 10,
    integer: false,
    description: 'Strength of the penalty on repeated sequences, DRY (0: off)',
  },
  {
    name: 'dry-base',
    field: 'dry_base',
    min: 1,
    max: 10,
    integer: false,
    description: 'Growth of that penalty with the length of the sequence, DRY',
  },
  {
    name: 'dry-allowed-length',
    field: 'dry_allowed_length',
    min: 0,
    max: 2_147_483_647,
    integer: true,
    description: 'Longest repeat without a penalty in tokens, DRY',
  },
  {
    name: 'dry-penalty-last-n',
    field: 'dry_penalty_last_n',
    min: -1,
    max: 2_147_483_647,
    integer: true,
    description: 'Last tokens looked at, DRY (0: off, -1: the whole context)',
  },
  {
    name: 'mirostat',
    field: 'mirostat',
    min: 0,
    max: 2,
    integer: true,
    description: 'Mirostat: 0 off, 1 its first, 2 its second version',
  },
  {
    name: 'mirostat-lr',
    field: 'mirostat_eta',
    min: 0,
    max: 1,
    integer: false,
    description: 'Learning rate of Mirostat, eta',
  },
  {
    name: 'mirostat-ent',
    field: 'mirostat_tau',
    min: 0,
    max: 20,
    integer: false,
    description: 'Entropy that Mirostat aims at, tau',
  },
] as const satisfies readonly SamplingParameter[];

export type SamplingName = (typeof SAMPLING_PARAMETERS)[number]['name'];

/** How the next token is chosen. What is not set is left to the server. */
export type Sampling = { readonly [Name in SamplingName]?: number | undefined };

const BY_NAME: ReadonlyMap<string, SamplingParameter & { readonly name: SamplingName }> = new Map(
  SAMPLING_PARAMETERS.map((parameter) => [parameter.name, parameter]),
);

/** The parameter that a name means: its flag, with underscores for dashes too, or its field. */
export function samplingParameter(
  typed: string,
): (SamplingParameter & { readonly name: SamplingName }) | undefined {
  const name = typed.toLowerCase().replace(/^--/u, '').replaceAll('_', '-');
  return (
    BY_NAME.get(name) ??
    SAMPLING_PARAMETERS.find(({ field }) => field.replaceAll('_', '-') === name)
  );
}

/** The values a parameter takes, in words: `0 to 1`, `a whole number, -1 or more`. */
export function samplingRange({ integer, max, min }: SamplingParameter): string {
  if (integer && max >= 2_147_483_647) return `a whole number, ${min} or more`;
  return integer ? `a whole number, ${min} to ${max}` : `${min} to ${max}`;
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/iu;

/** The value that was typed, or undefined when the parameter does not take it. */
export function parseSamplingValue(
  { integer, max, min }: SamplingParameter,
  typed: string,
): number | undefined {
  if (!NUMBER.test(typed)) return undefined;
  const value = Number(typed);
  if (integer && !Number.isInteger(value)) return undefined;
  return value >= min && value <= max ? value : undefined;
}

/** The fields of a request that say how tokens are chosen. */
export function samplingFields(sampling: Sampling): Record<string, number> {
  const fields: Record<string, number> = {};
  for (const { field, name } of SAMPLING_PARAMETERS) {
    const value = sampling[name];
    if (value !== undefined) fields[field] = value;
  }
  return fields;
}
