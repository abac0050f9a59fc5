import { type Failure, explainOwnLines } from './failures.ts';
import { readLogTail } from './log-file.ts';
import type { ServerState } from './state.ts';
import { machineWasRestarted } from '../process-identity.ts';

/** The lines before an end that may tell of it. */
const LAST_LINES = 40;

/**
 * Why a server ended that nobody asked to end, from its record and its log: the last words of the
 * router itself, since what a model's process says ends only that process.
 */
export async function explainEnd(state: ServerState, logFile: string): Promise<Failure> {
  const hint = `The next \`llamero run\` or \`llamero serve\` starts it again. Its log is in ${logFile}`;
  if (await machineWasRestarted(state.identity)) {
    return { reason: 'the machine was started anew since', hint };
  }
  const log = await readLogTail(logFile);
  const own = log
    .split('\n')
    .filter((line) => line !== '' && !/^\[\d+\] /u.test(line))
    .slice(-LAST_LINES);
  const known = explainOwnLines(own);
  return {
    reason: known ?? 'its process was killed, or crashed without a word',
    hint,
  };
}
