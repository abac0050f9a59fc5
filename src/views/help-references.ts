/** Something that can be typed or met, and what it means: a line of a help topic. */
export type HelpEntry = readonly [name: string, meaning: string];

/**
 * Every way of naming a model, as `parseReference` reads them and as stored models are matched, the
 * surest first.
 */
export const REFERENCE_FORMS: readonly HelpEntry[] = [
  ['user/repo', 'a repository of the Hub; pull chooses the quant, a stored one has its best'],
  ['user/repo:Q4_K_M', 'one quant of it, in any case; user/repo@Q4_K_M means the same'],
  ['user/repo:Q4_K_M,Q8_0', 'several quants, for pull'],
  ['user/repo:model-Q6_K.gguf', 'one file of it; of a split model any shard'],
  ['hf.co/user/repo:Q4_K_M', 'as without hf.co/; huggingface.co/ is read as well'],
  ['hf:user/repo/model-Q6_K.gguf', 'one file; #branch after it names a revision'],
  ['hf://user/repo@branch/model-Q6_K.gguf', 'one file of a branch, tag or commit'],
  ['https://huggingface.co/user/repo', 'any link to the repository or to a file in it'],
  ['fast', 'an alias: a short name that `llamero alias set` gave to a stored model'],
  ['bartowski/*', 'a pattern: all stored models of a user; * is any characters, ? is one'],
  ['*:Q2_K', 'a pattern with a colon fits quants; quote patterns for the shell'],
  ['Llama-3.2-1B-Instruct-GGUF', 'the name of a stored repository without its user'],
  ['1b-instruct', 'the end or any part of a stored name, in any case, with or without :QUANT'],
];
