import path from 'node:path';

import { type Environment, readVariable } from './environment.ts';

/** Where things are on disk; every path is absolute. Nothing here has to exist yet. */
export interface Paths {
  /** The user's home folder, for paths that begin with `~`. */
  readonly userHome: string;
  /** LLAMERO_HOME. */
  readonly home: string;
  readonly configFile: string;
  readonly models: string;
  /** Engines, one folder a build. */
  readonly bin: string;
  /** State, presets and locks of the server. */
  readonly run: string;
  readonly logs: string;
  /** What was learnt from the hub; it may be removed at any time. */
  readonly cache: string;
  /** Conversations. */
  readonly history: string;
}

/** Resolves all paths from LLAMERO_HOME (default `~/.llamero`) and LLAMERO_CONFIG. */
export function resolvePaths(environment: Environment, homeDirectory: string): Paths {
  const home = path.resolve(
    expandTilde(readVariable(environment, 'LLAMERO_HOME') ?? '~/.llamero', homeDirectory),
  );
  const configFile = readVariable(environment, 'LLAMERO_CONFIG');
  return {
    userHome: homeDirectory,
    home,
    configFile:
      configFile === undefined
        ? path.join(home, 'config.yaml')
        : path.resolve(expandTilde(configFile, homeDirectory)),
    models: path.join(home, 'models'),
    bin: path.join(home, 'bin'),
    run: path.join(home, 'run'),
    logs: path.join(home, 'logs'),
    cache: path.join(home, 'cache'),
    history: path.join(home, 'history.db'),
  };
}

/** Puts the home folder in place of a leading `~`; `~name`, another user's home, stays as it is. */
export function expandTilde(text: string, homeDirectory: string): string {
  return /^~(?:$|[/\\])/u.test(text) ? path.join(homeDirectory, text.slice(1)) : text;
}

/** Where a path was written down, which decides what it means. */
export interface Place {
  readonly userHome: string;
  /** The folder from which a relative path is counted; `.` is the current one. */
  readonly folder: string;
}

/** The place of what the user types or exports: the current folder. */
export function placeOfUser(paths: Paths): Place {
  return { userHome: paths.userHome, folder: '.' };
}

/** The place of what stands in the settings file: the file's own folder. */
export function placeOfFile(paths: Paths): Place {
  return { userHome: paths.userHome, folder: path.dirname(paths.configFile) };
}
