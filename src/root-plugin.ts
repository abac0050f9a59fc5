import type { Command, Interfaces } from '@oclif/core';

/** The flag that oclif knows, and the one that package.json adds. */
const HELP_FLAGS: readonly string[] = ['--help', '-h'];

/** What tells a command from others before it is loaded. */
type CommandName = Pick<
  Command.Cached,
  'aliases' | 'args' | 'hidden' | 'hiddenAliases' | 'id' | 'strict'
>;

/** A command of a build. */
export interface BuiltCommand extends CommandName {
  load(): Promise<{ readonly default: Command.Class }>;
}

/** The files of the package that the program reads. */
export type PackageFile = 'oclif.manifest.json' | 'package.json';

/** A build of the program: its commands, and where the files of its package are. */
export interface Build {
  readonly root: string;
  readonly version: string;
  readonly commands: readonly BuiltCommand[];
  /** The text of a file of the package. */
  read(file: PackageFile): string;
}

/**
 * The program as the one plugin that oclif asks for its commands. oclif itself would look for
 * package.json, read the whole manifest, and search the disk for every command; of a start that took
 * a third.
 *
 * @param withHelp whether all that help tells about the commands is wanted: it is in the manifest
 */
export function rootPlugin(build: Build, withHelp: boolean): Interfaces.Plugin {
  const pjson = JSON.parse(build.read('package.json')) as Interfaces.PJSON;
  const find = async (id: string): Promise<Command.Class> => {
    const command = build.commands.find((each) => each.id === id);
    if (command === undefined) throw new Error(`the build has no command ${id}`);
    const { default: loaded } = await command.load();
    loaded.id = id;
    loaded.plugin = plugin;
    return loaded;
  };
  const described = withHelp ? readManifest(build) : build.commands;
  const plugin: Interfaces.Plugin = {
    _base: '',
    alias: pjson.name,
    commandIDs: build.commands.map(({ id }) => id),
    commands: described.map((command) => ({
      ...(command as Command.Cached),
      pluginAlias: pjson.name,
      pluginName: pjson.name,
      pluginType: 'core',
      load: () => find(command.id),
    })),
    commandsDir: undefined,
    findCommand: find,
    hasManifest: true,
    hooks: {},
    isRoot: true,
    load: () => Promise.resolve(),
    moduleType: 'commonjs',
    name: pjson.name,
    options: { root: build.root },
    pjson,
    root: build.root,
    topics: topicsOf(pjson),
    type: 'core',
    valid: true,
    version: pjson.version,
  };
  return plugin;
}

/** The words of a command line that asks for JSON: of one that names a topic alone, or nothing, its help. */
export function namingHelp(words: readonly string[], commands: readonly CommandName[]): string[] {
  const names = words.filter((word) => !word.startsWith('-'));
  const isHelp = names.every(
    (name) =>
      names.length === 1 &&
      commands.some(({ id }) => id.startsWith(`${name}:`)) &&
      !commands.some(({ id }) => id === name),
  );
  return isHelp && !words.includes('--help') ? ['help', ...words] : [...words];
}

/** Whether the words of a command line end in a help page, or in looking for what was meant. */
export function asksForHelp(words: readonly string[], commands: readonly CommandName[]): boolean {
  const [first = 'help'] = words;
  if (first === 'help' || words.some((word) => HELP_FLAGS.includes(word))) return true;
  return !commands.some(({ aliases, hiddenAliases, id }) =>
    [id, ...aliases, ...hiddenAliases].some((name) =>
      name.split(':').every((word, index) => word === words[index]),
    ),
  );
}

function readManifest(build: Build): Command.Cached[] {
  const { commands } = JSON.parse(build.read('oclif.manifest.json')) as Interfaces.Manifest;
  return Object.values(commands);
}

function topicsOf(pjson: Interfaces.PJSON): Interfaces.Topic[] {
  const topics = pjson.oclif.topics ?? {};
  return Object.entries(topics).map(([name, topic]) => ({ ...topic, name }));
}
