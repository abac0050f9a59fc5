import path from 'node:path';

import { LlameroError } from '../errors.ts';
import { oneLine } from '../plain-text.ts';
import { type PortOwner, portOwner } from './port-owner.ts';
import type { ServerAddress } from './request.ts';

const OTHER_PORT =
  'Use another port: `llamero serve --port <port>`, `llamero config set server.port <port>`, or LLAMERO_PORT=<port> for one command';

/**
 * The error of a port on which somebody else listens, with who that is where it can be told.
 *
 * @param presetsFile the list of models of this home, by which a lost server of its own is known
 */
export async function portTaken(
  address: ServerAddress,
  presetsFile: string,
  cause: unknown,
): Promise<LlameroError> {
  const { host, port } = address;
  const owner = await portOwner(port);
  const { hint, who } = describeOwner(owner, presetsFile);
  return new LlameroError('PORT_TAKEN', `Port ${port} on ${host} is taken by ${who}`, {
    hint: [...hint, OTHER_PORT].join('\n'),
    cause,
  });
}

/** The error of a port that only other accounts may listen on. */
export function portForbidden({ host, port }: ServerAddress, cause: unknown): LlameroError {
  return new LlameroError('PORT_TAKEN', `Port ${port} on ${host} may not be used by this account`, {
    hint: OTHER_PORT,
    cause,
  });
}

/** Who holds a port, to stand after «taken by», and what can be done about it. */
export function describeOwner(
  owner: PortOwner | undefined,
  presetsFile: string,
): { readonly who: string; readonly hint: readonly string[] } {
  if (owner === undefined) {
    return { who: 'another program, which llamero did not start', hint: [] };
  }
  const { commandLine, pid } = owner;
  const name = oneLine(owner.name).slice(0, 100);
  const presets = commandLine[commandLine.indexOf('--models-preset') + 1];
  if (!commandLine.includes('--models-preset') || presets === undefined) {
    return { who: `${name} (process ${pid}), which llamero did not start`, hint: [] };
  }
  if (path.resolve(presets) === path.resolve(presetsFile)) {
    return {
      who: `a server of this home whose record was lost (process ${pid})`,
      hint: [
        process.platform === 'win32' ? `End it: taskkill /PID ${pid} /T` : `End it: kill ${pid}`,
      ],
    };
  }
  if (path.basename(presets) === 'presets.ini' && path.basename(path.dirname(presets)) === 'run') {
    const home = oneLine(path.dirname(path.dirname(presets)));
    return {
      who: `the server of another llamero home, ${home} (process ${pid})`,
      hint: [`End that one: LLAMERO_HOME=${quote(home)} llamero stop --server`],
    };
  }
  return { who: `another llama-server, ${name} (process ${pid})`, hint: [] };
}

function quote(text: string): string {
  return /^[\w/.:@+-]+$/u.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
