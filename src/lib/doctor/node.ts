import type { Finding } from './types.ts';

/**
 * The day after which a line of Node gets no security fixes. Source:
 * https://github.com/nodejs/release/blob/main/schedule.json
 */
const END_OF_LIFE: Readonly<Record<number, string>> = {
  22: '2027-04-30',
  24: '2028-04-30',
  26: '2029-04-30',
};
const DOWNLOADS = 'https://nodejs.org/en/download';

/**
 * Whether Node is one that still gets security fixes. One that is too old for llamero never comes
 * here: the program says so and ends.
 *
 * @param version without `v`: `24.15.0`
 */
export function checkNode(version: string, now: Date): Finding[] {
  const id = 'node';
  const end = END_OF_LIFE[Number(version.split('.', 1)[0])];
  if (end === undefined || now <= new Date(`${end}T23:59:59Z`)) {
    return [{ id, severity: 'ok', message: `Node.js ${version}` }];
  }
  const message = `Node.js ${version} gets no security fixes since ${end}; a current one is at ${DOWNLOADS}`;
  return [{ id, severity: 'warning', message }];
}
