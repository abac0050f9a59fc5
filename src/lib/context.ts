import { homedir } from 'node:os';
import path from 'node:path';

import { type Config, type FlagSettings, loadConfig, type Setting } from './config/config.ts';
import { type Environment, isSwitchedOn, readVariable } from './config/environment.ts';
import { type Paths, resolvePaths } from './config/paths.ts';
import type { Http } from './http/http.ts';
import type { Hub } from './hub/hub.ts';
import type { Interrupts } from './interrupts.ts';
import type { Engine } from './engine/engine.ts';
import type { EngineCandidate, FindOptions } from './engine/find.ts';
import type { Machine } from './engine/machine.ts';
import type { Releases } from './engine/releases.ts';
import { oneLine } from './plain-text.ts';
import type { Finder } from './reuse/find.ts';
import type { HashMemory } from './reuse/hash-memory.ts';
import type { KeySources } from './server/api-key.ts';
import type { ModelServer } from './server/router.ts';
import { createStore, type Store } from './store/store.ts';
import type { Terminal } from './ui/terminal.ts';

/**
 * What a command works with. Cheap members are values; costly ones are functions that make their
 * thing on the first call and import what it needs only then, so that `--help` and `list` never
 * pay for an HTTP client.
 */
export interface Context {
  readonly version: string;
  readonly environment: Environment;
  readonly paths: Paths;
  readonly terminal: Terminal;
  readonly interrupts: Interrupts;
  /** Aborted when the program is asked to end. */
  readonly signal: AbortSignal;
  config(): Promise<Config>;
  http(): Promise<Http>;
  hub(): Promise<Hub>;
  store(): Promise<Store>;
  /** The digests of files that were read before. */
  hashes(): Promise<HashMemory>;
  /** Finds files that other tools hold. */
  finder(): Promise<Finder>;
  /** Where engines are looked for. */
  engineSearch(): Promise<FindOptions>;
  /**
   * Looks for the engine anew; nothing of it is run.
   *
   * @throws LlameroError ENGINE_MISSING
   */
  findEngine(): Promise<EngineCandidate>;
  /** @throws LlameroError ENGINE_MISSING, ENGINE_UNUSABLE */
  engine(): Promise<Engine>;
  machine(): Promise<Machine>;
  /** The releases of llama.cpp. */
  releases(): Promise<Releases>;
  server(): Promise<ModelServer>;
  /** Closes what was opened. */
  close(): Promise<void>;
}

/** What a context is made from. */
export interface ContextOptions {
  readonly version: string;
  readonly environment: Environment;
  readonly interrupts: Interrupts;
  readonly terminal: Terminal;
  readonly flagSettings?: FlagSettings;
}

/** Makes the context of one run of a command. */
export function createContext(options: ContextOptions): Context {
  const { environment, interrupts, terminal, version } = options;
  // Depends on the environment alone.
  const paths = resolvePaths(environment, homedir());
  // Depends on paths.
  const config = once(() => loadConfig({ paths, environment, flags: options.flagSettings ?? {} }));
  let openHttp: Http | undefined;
  // Depends on the environment alone: proxies and certificates.
  const http = once(async () => {
    const { createHttp } = await import('./http/http.ts');
    openHttp = createHttp({
      version,
      environment,
      onRetry: ({ reason, waitSeconds }) => {
        terminal.note(`${reason}; next try in ${Math.ceil(waitSeconds)} s`);
      },
    });
    return openHttp;
  });
  // Depends on http and config.
  const hub = once(async () => {
    const [{ createHub }, { offlineBy }, { discoverToken }] = await Promise.all([
      import('./hub/hub.ts'),
      import('./hub/offline.ts'),
      import('./hub/token.ts'),
    ]);
    const settings = await config();
    return createHub({
      http: await http(),
      endpoint: settings.get('hub.endpoint'),
      offline: offlineBy(settings.setting('hub.offline')),
      token: await discoverToken({ environment, homeDirectory: homedir() }),
    });
  });
  // Depends on paths.
  const store = once(async () => {
    return createStore({
      models: paths.models,
      onAliasesKept: (copy) => {
        terminal.warn(
          `The file of aliases was damaged; what stood in it is kept in ${oneLine(copy)}`,
        );
      },
      memory: {
        file: path.join(paths.run, 'repos.jsonl'),
        onSkip: (file, reason) => terminal.trace(oneLine(`Not used: ${file} (${reason})`)),
      },
    });
  });
  // Depends on paths.
  const hashes = once(async () => {
    const { createHashMemory } = await import('./reuse/hash-memory.ts');
    return createHashMemory({ file: path.join(paths.run, 'hashes.json') });
  });
  // Depends on the environment, paths and hashes.
  const finder = once(async () => {
    const [{ createFinder }, { otherPlaces }] = await Promise.all([
      import('./reuse/find.ts'),
      import('./reuse/places.ts'),
    ]);
    return createFinder({
      places: otherPlaces({ environment, homeDirectory: homedir(), platform: process.platform }),
      models: paths.models,
      hashes: await hashes(),
      onSkip: (skipped) => terminal.trace(oneLine(`Not used: ${skipped.path} (${skipped.reason})`)),
    });
  });
  // Depends on config and paths.
  const engineSearch = once(async () => ({
    named: namedEngine((await config()).setting('server.llama-server')),
    binFolder: paths.bin,
    searchPath: environment['PATH'],
    pathExtensions: environment['PATHEXT'],
    platform: process.platform,
    workingFolder: process.cwd(),
  }));
  // Not remembered: the command may install one.
  const findEngine = async () => {
    const { findEngine: find } = await import('./engine/find.ts');
    return find(await engineSearch());
  };
  const engine = once(async () => {
    const { resolveEngine } = await import('./engine/resolve.ts');
    return resolveEngine({
      ...(await engineSearch()),
      runFolder: paths.run,
      signal: interrupts.signal,
    });
  });
  // Depends on the environment alone.
  const machine = once(async () => {
    const [{ createSystem }, { detectMachine }] = await Promise.all([
      import('./engine/system.ts'),
      import('./engine/machine.ts'),
    ]);
    return detectMachine(createSystem({ environment, signal: interrupts.signal }));
  });
  // Depends on http and paths.
  const releases = once(async () => {
    const { createReleases } = await import('./engine/releases.ts');
    return createReleases({
      http: await http(),
      baseUrl: readVariable(environment, 'LLAMERO_RELEASES_URL'),
      token: readVariable(environment, 'GH_TOKEN') ?? readVariable(environment, 'GITHUB_TOKEN'),
      cacheFile: path.join(paths.run, 'releases.json'),
      offline: isSwitchedOn(readVariable(environment, 'LLAMERO_OFFLINE')),
    });
  });
  // Depends on the environment and store.
  const memoryPlanner = once(async () => {
    const [{ createSystem }, { createMemoryPlanner }, { routerEnvironment }, models] =
      await Promise.all([
        import('./engine/system.ts'),
        import('./server/memory/plan.ts'),
        import('./server/launch.ts'),
        store(),
      ]);
    return createMemoryPlanner({
      system: createSystem({ environment, signal: interrupts.signal }),
      environment: routerEnvironment(environment, path.join(paths.run, 'no-models')),
      stored: async () => (await models.survey()).models,
    });
  });
  // Depends on config, store and engine; the engine is looked for when a server is started.
  const server = once(async () => {
    const [{ ModelServer }, { createSettings }, settings, models] = await Promise.all([
      import('./server/router.ts'),
      import('./server/settings/settings.ts'),
      config(),
      store(),
    ]);
    const modelSettings = createSettings(settings);
    return new ModelServer({
      runFolder: paths.run,
      logFile: path.join(paths.logs, 'server.log'),
      address: { host: settings.get('server.host'), port: settings.get('server.port') },
      modelsMax: settings.get('server.models-max'),
      apiKey: apiKeySources(settings.setting('server.api-key-file'), environment),
      startTimeoutSeconds: settings.get('server.start-timeout'),
      settingsFor: (model) => modelSettings.settingsFor(model),
      planMemory: async (request) => (await memoryPlanner())(request),
      environment,
      engine,
      models: async () => (await models.survey()).models,
      aliases: () => models.aliases.list(),
    });
  });
  return {
    version,
    environment,
    paths,
    terminal,
    interrupts,
    get signal() {
      return interrupts.signal;
    },
    config,
    http,
    hub,
    store,
    hashes,
    finder,
    engineSearch,
    findEngine,
    engine,
    machine,
    releases,
    server,
    close: () => {
      openHttp?.close();
      return Promise.resolve();
    },
  };
}

/** A function that does its work on the first call and gives the same promise ever after. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** The engine that the user named, and where. */
function namedEngine({ value, source, origin }: Setting<string | undefined>): FindOptions['named'] {
  if (value === undefined) return undefined;
  return {
    path: value,
    by: origin ?? 'server.llama-server',
    origin: source === 'environment' ? 'environment' : 'config',
  };
}

/** The key of the server: a flag goes before the environment, and that before the settings file. */
export function apiKeySources(
  { source, value }: Setting<string | undefined>,
  environment: Environment,
): KeySources {
  const fromEnvironment = readVariable(environment, 'LLAMERO_API_KEY');
  return source === 'flag' || fromEnvironment === undefined
    ? { file: value }
    : { value: fromEnvironment };
}
