import { LlameroError } from '../lib/errors.ts';

type Given = Readonly<Record<string, unknown>>;

const CONVERSATION = ['interactive', 'continue', 'resume'] as const;

/** Flags, each with those that make no sense beside it. */
const CONTRADICTIONS: Readonly<Record<string, readonly string[]>> = {
  raw: ['system', 'image', 'think', ...CONVERSATION],
  format: CONVERSATION,
  json: CONVERSATION,
  continue: ['resume'],
};

/**
 * Refuses flags that contradict each other.
 *
 * @throws LlameroError USAGE naming two of them
 */
export function requireConsistent(given: Given): void {
  for (const [name, others] of Object.entries(CONTRADICTIONS)) {
    const other = isGiven(given[name]) ? others.find((flag) => isGiven(given[flag])) : undefined;
    if (other !== undefined) throw contradiction(`--${name}`, `--${other}`);
  }
  const { json, output } = given;
  if (isGiven(json) && isGiven(output) && output !== 'json') {
    throw contradiction('--json', `--output ${String(output)}`);
  }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== false;
}

function contradiction(one: string, other: string): LlameroError {
  return new LlameroError('USAGE', `${one} and ${other} contradict each other`, {
    hint: 'Give one of them',
  });
}
