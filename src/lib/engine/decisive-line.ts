import { oneLine } from '../plain-text.ts';

/** `0.00.447.759 E srv  load_model: …`: the time, the level and the part that speaks. */
const PREFIX = /^\d+(?:\.\d+){3}\s+[A-Z]\s+/u;
const ERROR_LEVEL = /^\d+(?:\.\d+){3}\s+E\s/u;
const TROUBLE =
  /\b(?:error|fail(?:ed|ure)?|fatal|invalid|unable|unknown|unsupported|cannot|can't|couldn't|could not|missing|not found|no such|abort|assert|out of memory|undefined symbol)\b/iu;
/** What is only said after the reason was. */
const CONSEQUENCE =
  /exiting due to|failed to load model|common_init_from_params|common_fit_params|error loading model: *$/iu;
const LONGEST = 300;

/** The line of a log of llama.cpp that tells why it failed: the first that complains of a cause. */
export function decisiveLine(log: string): string | undefined {
  const lines = log.split(/\r?\n/u).filter((line) => line.trim() !== '');
  const causes = lines.filter((line) => !CONSEQUENCE.test(line));
  const line =
    causes.find((cause) => ERROR_LEVEL.test(cause)) ??
    causes.find((cause) => TROUBLE.test(cause)) ??
    lines.find((other) => TROUBLE.test(other)) ??
    lines.at(-1);
  return line === undefined ? undefined : oneLine(line.replace(PREFIX, '')).slice(0, LONGEST);
}
