import { spawn } from 'node:child_process';

import type { History } from '../lib/chat/history/types.ts';
import { copyText } from '../lib/chat/session/clipboard.ts';
import type { ChatHost, LoadSetting } from '../lib/chat/session/host.ts';
import { LOAD_SETTINGS, generalKey } from '../lib/config/model-settings.ts';
import { placeOfUser } from '../lib/config/paths.ts';
import { definitionOf } from '../lib/config/schema.ts';
import type { Context } from '../lib/context.ts';
import { readRunSettings, runSettingsOf } from '../lib/server/load-settings.ts';
import { createSettings } from '../lib/server/settings/settings.ts';
import { serverFiles } from '../lib/server/types.ts';
import { parseReference } from '../lib/store/reference.ts';
import { load } from './load.ts';
import { explainLoss } from './lost-answer.ts';
import { markUsed, storedModel } from './stored-model.ts';

const COPY_TIMEOUT_MS = 5_000;

/** What a conversation gets from the program around it. */
export function chatHost(context: Context, history: History | undefined): ChatHost {
  const { environment, interrupts, paths, signal, terminal } = context;
  return {
    connect: (ref, settings, abort) => load(context, ref, settings, abort),
    settingsInForce: async (ref) =>
      runSettingsOf(await readRunSettings(serverFiles(paths.run).settings), ref),
    isLoaded: async (ref, abort) =>
      (await (await context.server()).loadedModels({ signal: abort })).includes(ref),
    explainLoss: (ref, error) => explainLoss(context, ref, error),
    models: async () => {
      const { models } = await (await context.store()).survey();
      return models.filter(({ state }) => state === 'complete').map(({ ref }) => ref);
    },
    findModel: async (text) => {
      const stored = await storedModel(context, text, { yes: false, mayAsk: true });
      await markUsed(context, stored);
      return stored.ref;
    },
    samplingFor: async (ref) => {
      const [stored] = await (await context.store()).match(parseReference(ref));
      return stored === undefined ? {} : createSettings(await context.config()).samplingFor(stored);
    },
    loadSettings: loadSettings(context),
    history,
    copy: (text) =>
      copyText(text, {
        platform: process.platform,
        environment,
        run: runWithInput,
        write: (sequence) => terminal.write(sequence),
      }),
    takeOverInterrupt: (handler) => interrupts.takeOver(handler),
    signal,
    workingFolder: process.cwd(),
    userHome: paths.userHome,
  };
}

function loadSettings({ paths }: Context): readonly LoadSetting[] {
  const place = placeOfUser(paths);
  return LOAD_SETTINGS.map((name) => {
    const { description, kind } = definitionOf(generalKey(name));
    return {
      name,
      description,
      expects: kind.expects,
      parse: (typed) => kind.parse(typed, place) as string | number | undefined,
    };
  });
}

/** Runs a program of the desktop with a text as its input; false when it is not there or fails. */
function runWithInput(program: string, words: readonly string[], input: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, words, {
      stdio: ['pipe', 'ignore', 'ignore'],
      timeout: COPY_TIMEOUT_MS,
    });
    child.on('error', () => resolve(false));
    // `exit`, not `close`: xclip leaves a process behind that serves the clipboard.
    child.on('exit', (code) => resolve(code === 0));
    // A program that ends without reading tells so by its exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
