import path from 'node:path';

import { describeEngine, type Engine } from '../engine/engine.ts';
import type { ServerKey } from './api-key.ts';
import type { ServerAddress } from './request.ts';
import type { ServerState } from './state.ts';

/** What a server is wanted to be. */
export interface Wanted {
  readonly address: ServerAddress;
  readonly modelsMax: number;
  readonly engine: Engine;
  /** The key it shall ask for; undefined for none. */
  readonly key: Pick<ServerKey, 'value'> | undefined;
}

/**
 * In what a running server differs from the one that is wanted, a line each: `port: it listens on
 * 5526, wanted is 8080`. Keys are compared and never shown.
 *
 * @param runningKey the key that the running server asks for
 */
export function differences(
  state: ServerState,
  runningKey: string | undefined,
  wanted: Wanted,
): string[] {
  const { address, engine, modelsMax } = wanted;
  const key = wanted.key?.value;
  const rows: (readonly [string, string, string])[] = [
    ['host', state.host, address.host],
    ['port', String(state.port), String(address.port)],
    // Servers of earlier versions did not write this down.
    ['models at once', count(state.modelsMax ?? modelsMax), count(modelsMax)],
  ];
  if (path.resolve(state.engine.command[0] ?? '') !== path.resolve(engine.command[0])) {
    rows.push([
      'engine',
      `${describeEngine(state.engine)} (${state.engine.command[0]})`,
      `${describeEngine(engine)} (${engine.command[0]})`,
    ]);
  }
  if (runningKey !== key) {
    const both = runningKey !== undefined && key !== undefined;
    rows.push([
      'API key',
      runningKey === undefined ? 'none' : 'one',
      both ? 'another one' : key === undefined ? 'none' : 'one',
    ]);
  }
  return rows
    .filter(([, is, shall]) => is !== shall)
    .map(([name, is, shall]) => `${name}: it has ${is}, wanted is ${shall}`);
}

function count(modelsMax: number): string {
  return modelsMax === 0 ? 'no limit' : String(modelsMax);
}
