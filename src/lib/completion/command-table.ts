/** A flag of a command. */
export interface FlagEntry {
  readonly name: string;
  readonly letter?: string | undefined;
  readonly aliases: readonly string[];
  readonly summary: string;
  readonly takesValue: boolean;
  /** Whether it may be given more than once. */
  readonly repeats: boolean;
  /** Whether there is a `--no-` of it. */
  readonly negatable: boolean;
  /** The only values that it takes, where there are such. */
  readonly values: readonly string[];
  /** What the help shows for its value: `<on|off|auto>`. */
  readonly placeholder: string;
  /** Flags that it cannot stand beside. */
  readonly excludes: readonly string[];
}

/** An argument of a command. */
export interface ArgumentEntry {
  readonly name: string;
  /** The only values that it takes, where there are such. */
  readonly values: readonly string[];
}

/** A command, under one of its names. */
export interface CommandEntry {
  /** `['config', 'get']` */
  readonly words: readonly string[];
  /** The name it is known by to itself, whatever name was typed: `config get`. */
  readonly name: string;
  readonly summary: string;
  /** Whether this name is shown to people. */
  readonly shown: boolean;
  readonly arguments: readonly ArgumentEntry[];
  /** Whether the last argument may be repeated. */
  readonly takesMore: boolean;
  readonly flags: readonly FlagEntry[];
}

/** All commands, and the summaries of what stands before subcommands, by its words. */
export interface CommandTable {
  readonly commands: readonly CommandEntry[];
  readonly topics: ReadonlyMap<string, string>;
}

/** What is read of `oclif.manifest.json`. */
interface Manifest {
  readonly commands: Readonly<Record<string, ManifestCommand>>;
}

interface ManifestCommand {
  readonly id: string;
  readonly summary?: string;
  readonly hidden?: boolean;
  readonly strict?: boolean;
  readonly aliases?: readonly string[];
  readonly hiddenAliases?: readonly string[];
  readonly args?: Readonly<Record<string, ManifestArgument>>;
  readonly flags?: Readonly<Record<string, ManifestFlag>>;
}

interface ManifestArgument {
  readonly name: string;
  readonly hidden?: boolean;
  readonly options?: readonly string[];
}

interface ManifestFlag {
  readonly name: string;
  readonly type: 'boolean' | 'option';
  readonly char?: string;
  readonly aliases?: readonly string[];
  readonly summary?: string;
  readonly description?: string;
  readonly hidden?: boolean;
  readonly multiple?: boolean;
  readonly allowNo?: boolean;
  readonly options?: readonly string[];
  readonly helpValue?: string;
  readonly exclusive?: readonly string[];
}

/** What is read of `package.json`. */
interface Package {
  readonly oclif?: {
    readonly topics?: Readonly<Record<string, { readonly description?: string }>>;
  };
}

const HELP: FlagEntry = {
  name: 'help',
  letter: 'h',
  aliases: [],
  summary: 'Explain the command',
  takesValue: false,
  repeats: false,
  negatable: false,
  values: [],
  placeholder: '',
  excludes: [],
};

/** The flags where no command stands yet. */
export const TOP_FLAGS: readonly FlagEntry[] = [
  HELP,
  { ...HELP, name: 'version', letter: undefined, summary: 'Show the version' },
];

/**
 * The commands as the manifest tells them: no command has to be loaded to complete its flags.
 *
 * @param manifest the text of `oclif.manifest.json`
 * @param packageJson the text of `package.json`
 */
export function readCommandTable(manifest: string, packageJson: string): CommandTable {
  const { commands } = JSON.parse(manifest) as Manifest;
  const { oclif } = JSON.parse(packageJson) as Package;
  const topics = Object.entries(oclif?.topics ?? {}).map(
    ([id, { description = '' }]) => [id.replaceAll(':', ' '), description] as const,
  );
  return { commands: Object.values(commands).flatMap(entriesOf), topics: new Map(topics) };
}

/** Whether a list of words begins with another. */
export function startsWith(words: readonly string[], start: readonly string[]): boolean {
  return start.every((word, index) => word === words[index]);
}

/** The command under each of its names. */
function entriesOf(command: ManifestCommand): CommandEntry[] {
  const { aliases = [], hidden = false, hiddenAliases = [], id } = command;
  const rest = {
    name: id.replaceAll(':', ' '),
    summary: command.summary ?? '',
    arguments: Object.values(command.args ?? {})
      .filter((argument) => argument.hidden !== true)
      .map(({ name, options = [] }) => ({ name, values: options })),
    takesMore: command.strict === false,
    flags: [
      ...Object.values(command.flags ?? {})
        .filter(isShown)
        .map(toFlag),
      HELP,
    ],
  };
  const names = [id, ...aliases].map((name) => ({ name, shown: !hidden }));
  const unseen = hiddenAliases.map((name) => ({ name, shown: false }));
  return [...names, ...unseen].map(({ name, shown }) => ({
    ...rest,
    words: name.split(':'),
    shown,
  }));
}

function isShown({ hidden }: ManifestFlag): boolean {
  return hidden !== true;
}

function toFlag(flag: ManifestFlag): FlagEntry {
  return {
    name: flag.name,
    letter: flag.char,
    aliases: flag.aliases ?? [],
    summary: flag.summary ?? flag.description ?? '',
    takesValue: flag.type === 'option',
    repeats: flag.multiple === true,
    negatable: flag.allowNo === true,
    values: flag.options ?? [],
    placeholder: flag.helpValue ?? '',
    excludes: flag.exclusive ?? [],
  };
}
