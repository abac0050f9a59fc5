import { homedir } from 'node:os';
import path from 'node:path';

import { readVariable } from '../lib/config/environment.ts';
import { apiKeySources, type Context } from '../lib/context.ts';
import { checkAliases } from '../lib/doctor/aliases.ts';
import { checkApiKey } from '../lib/doctor/api-key.ts';
import { checkDisk } from '../lib/doctor/disk.ts';
import { checkEngineAge } from '../lib/doctor/engine-age.ts';
import { checkEngine, openEngine } from '../lib/doctor/engine.ts';
import { checkGpu } from '../lib/doctor/gpu.ts';
import { checkHistory } from '../lib/doctor/history.ts';
import { checkHome, isRefusedIn } from '../lib/doctor/home.ts';
import { checkNode } from '../lib/doctor/node.ts';
import { checkPartials } from '../lib/doctor/partials.ts';
import { checkServer } from '../lib/doctor/server.ts';
import { checkForeignSettings, checkSettings } from '../lib/doctor/settings.ts';
import { checkToken } from '../lib/doctor/token.ts';
import type { Check } from '../lib/doctor/types.ts';
import type { Engine } from '../lib/engine/engine.ts';
import { llamaConfigFiles } from '../lib/engine/user-config.ts';
import { discoverToken } from '../lib/hub/token.ts';
import { routerEnvironment } from '../lib/server/launch.ts';
import { listDevices } from '../lib/server/memory/devices.ts';
import { serverFiles } from '../lib/server/types.ts';

/**
 * Every check of `doctor`, in the order in which their findings are told: what others depend on
 * comes first.
 */
export function doctorChecks(context: Context, now: Date): readonly Check[] {
  const { paths } = context;
  const { platform } = process;
  let opened: Promise<Engine> | undefined;
  const engine = async (signal: AbortSignal): Promise<Engine> =>
    (opened ??= openEngine({ search: await context.engineSearch(), signal }));
  const models = async () => (await (await context.store()).survey()).models;
  return [
    { id: 'node', run: () => Promise.resolve(checkNode(process.versions.node, now)) },
    {
      id: 'home',
      run: () => {
        const folders = [paths.bin, paths.run, paths.logs];
        const isNamed = readVariable(context.environment, 'LLAMERO_HOME') !== undefined;
        return checkHome({ home: paths.home, isNamed, folders, models: paths.models, platform });
      },
      explains: (failure) => isRefusedIn(paths.home, failure),
    },
    {
      id: 'settings',
      run: () => checkSettings({ file: paths.configFile, load: () => context.config() }),
    },
    {
      id: 'llama-settings',
      run: async () => {
        const { environment } = context;
        const options = { environment, homeDirectory: paths.userHome, platform };
        return checkForeignSettings(await llamaConfigFiles(options));
      },
    },
    {
      id: 'disk',
      run: async () => {
        const reserve = (await context.config()).get('pull.reserve');
        return checkDisk({ folder: paths.models, reserve });
      },
    },
    {
      id: 'engine',
      run: async (signal) => checkEngine(() => engine(signal), await context.engineSearch()),
    },
    {
      id: 'engine-age',
      run: async () =>
        checkEngineAge({
          search: await context.engineSearch(),
          releases: {
            cacheFile: path.join(paths.run, 'releases.json'),
            baseUrl: readVariable(context.environment, 'LLAMERO_RELEASES_URL'),
          },
          channel: (await context.config()).get('engine.channel'),
          now,
        }),
    },
    {
      id: 'gpu',
      run: async (signal) => {
        const environment = routerEnvironment(
          context.environment,
          path.join(paths.run, 'no-models'),
        );
        return checkGpu({
          machine: await context.machine(),
          search: await context.engineSearch(),
          engine: () => engine(signal),
          devices: (found) => listDevices(found, environment, signal),
        });
      },
    },
    {
      id: 'token',
      run: async (signal) => {
        const { environment } = context;
        return checkToken({
          find: () => discoverToken({ environment, homeDirectory: homedir() }),
          ask: async () => (await context.hub()).account({ signal }),
          offline: (await context.config()).get('hub.offline'),
          platform: process.platform,
        });
      },
    },
    {
      id: 'api-key',
      run: async () => {
        const config = await context.config();
        return checkApiKey({
          host: config.get('server.host'),
          sources: apiKeySources(config.setting('server.api-key-file'), context.environment),
          ownFile: serverFiles(paths.run).apiKey,
          platform,
        });
      },
    },
    {
      id: 'server',
      run: (signal) => {
        const stateFile = serverFiles(paths.run).state;
        return checkServer({ stateFile, logFile: path.join(paths.logs, 'server.log'), signal });
      },
    },
    {
      id: 'aliases',
      run: async () => {
        const { aliases } = await context.store();
        return checkAliases({ aliases, models, platform });
      },
    },
    { id: 'partials', run: async () => checkPartials(await models(), now, platform) },
    { id: 'history', run: () => checkHistory({ file: paths.history, platform }) },
  ];
}
