import { ENVIRONMENT_VARIABLES } from '../../src/lib/config/environment.ts';
import { EXIT_CODES } from '../../src/lib/errors.ts';
import {
  type Manifest,
  type ManifestArgument,
  type ManifestCommand,
  type ManifestFlag,
  commandName,
  otherNames,
  shownCommands,
} from '../docs/manifest.ts';
import {
  bold,
  definitions,
  italic,
  pageHead,
  roffCode,
  roffProse,
  roffText,
  section,
} from './roff.ts';

/** What the pages need to know of the package. */
export interface Package {
  readonly version: string;
  readonly description: string;
  /** What stands before subcommands, by its words. */
  readonly oclif: {
    readonly topics: Readonly<Record<string, { readonly description: string }>>;
  };
}

/** The manual pages by their file names: one of the program, one of each command and each topic. */
export function manPages(manifest: Manifest, pjson: Package): Map<string, string> {
  const commands = shownCommands(manifest);
  const pages = new Map([['llamero.1', programPage(commands, pjson)]]);
  for (const command of commands) {
    pages.set(`${pageName(command)}.1`, commandPage(command, pjson));
  }
  for (const [id, { description }] of Object.entries(pjson.oclif.topics)) {
    // A topic that is a command as well has its page.
    if (commands.some((command) => command.id === id)) continue;
    const own = commands.filter((command) => command.id.startsWith(`${id}:`));
    pages.set(`${pageName({ id })}.1`, topicPage(id, description, own, pjson));
  }
  return pages;
}

function programPage(commands: readonly ManifestCommand[], pjson: Package): string {
  const { description, version } = pjson;
  return [
    pageHead('llamero', version),
    section('NAME', `llamero \\- ${roffText(description)}`),
    section('SYNOPSIS', `${bold('llamero')} ${italic('command')} [${italic('flags')}]`),
    commandSection(commands),
    section(
      'EXIT STATUS',
      definitions(
        Object.entries(EXIT_CODES).map(([code, meaning]) => [bold(code), roffProse(meaning)]),
      ),
    ),
    section(
      'ENVIRONMENT',
      definitions(
        ENVIRONMENT_VARIABLES.map(({ description: meaning, name }) => [
          bold(name),
          roffProse(meaning),
        ]),
      ),
    ),
  ].join('');
}

function commandSection(commands: readonly ManifestCommand[]): string {
  return section(
    'COMMANDS',
    definitions(
      commands.map((command) => [
        bold(commandName(command)),
        `${roffProse(command.summary ?? '')} (${pageReference(command)})`,
      ]),
    ),
  );
}

function topicPage(
  id: string,
  description: string,
  commands: readonly ManifestCommand[],
  { version }: Package,
): string {
  const name = pageName({ id });
  return [
    pageHead(name, version),
    section('NAME', `${roffCode(name)} \\- ${roffProse(description)}`),
    section('SYNOPSIS', `${bold(commandName({ id }))} ${italic('command')} [${italic('flags')}]`),
    commandSection(commands),
    section('SEE ALSO', '\\fBllamero\\fP(1)'),
  ].join('');
}

function commandPage(command: ManifestCommand, { version }: Package): string {
  const { examples = [], summary = '' } = command;
  const args = Object.values(command.args);
  const flags = Object.values(command.flags).filter(({ hidden }) => hidden !== true);
  return [
    pageHead(pageName(command), version),
    section('NAME', `${roffCode(pageName(command))} \\- ${roffProse(summary)}`),
    section('SYNOPSIS', synopsis(command, args)),
    section('DESCRIPTION', describe(command)),
    section('ARGUMENTS', definitions(args.map(argumentEntry))),
    section('OPTIONS', definitions(flags.map(flagEntry))),
    section('EXAMPLES', examples.map(exampleText).join('\n')),
    section('SEE ALSO', '\\fBllamero\\fP(1)'),
  ].join('');
}

function describe(command: ManifestCommand): string {
  const others = otherNames(command);
  const also = others.length === 0 ? [] : [`Also called ${others.map(bold).join(', ')}.`];
  return [roffProse(withName(command.description ?? '')), ...also].join('\n.PP\n');
}

function synopsis(command: ManifestCommand, args: readonly ManifestArgument[]): string {
  const words = args.map(({ name, required }, index) => {
    const many = !command.strict && index === args.length - 1 ? ' ...' : '';
    return required === true ? `${italic(name)}${many}` : `[${italic(name)}${many}]`;
  });
  return [bold(commandName(command)), ...words, `[${italic('flags')}]`].join(' ');
}

function argumentEntry(argument: ManifestArgument): [string, string] {
  const { description = '', name, options } = argument;
  return [italic(name), `${roffProse(withName(description))}${among(options)}`];
}

function flagEntry(flag: ManifestFlag): [string, string] {
  const { aliases = [], allowNo, char, name, options } = flag;
  const names = [
    ...(char === undefined ? [] : [`-${char}`]),
    `--${allowNo === true ? '[no-]' : ''}${name}`,
    ...aliases.map((alias) => `--${alias}`),
  ];
  const value = flag.type === 'boolean' ? '' : `=${italic(flag.helpValue ?? `<${name}>`)}`;
  const meaning = withName(flag.summary ?? flag.description ?? '');
  const preset =
    flag.type === 'boolean' || flag.default === undefined
      ? ''
      : `\n.br\nDefault: ${bold(String(flag.default))}`;
  return [
    `${names.map(bold).join(', ')}${value}`,
    `${roffProse(meaning)}${among(options)}${preset}`,
  ];
}

function among(options: readonly string[] | undefined): string {
  return options === undefined ? '' : `\n.br\nOne of: ${options.map(bold).join(', ')}`;
}

function exampleText(example: NonNullable<ManifestCommand['examples']>[number]): string {
  const { command, description } =
    typeof example === 'string' ? { command: example, description: '' } : example;
  const code = `.PP\n.RS 4\n.nf\n${roffCode(withName(command))}\n.fi\n.RE`;
  return description === '' ? code : `.PP\n${roffProse(withName(description))}\n${code}`;
}

/** `llamero-config-get`, which man also finds as `man llamero config get`. */
function pageName(command: Pick<ManifestCommand, 'id'>): string {
  return commandName(command).replaceAll(' ', '-');
}

function pageReference(command: ManifestCommand): string {
  return `${bold(pageName(command))}(1)`;
}

/** The texts of commands name the program by a template of oclif. */
function withName(text: string): string {
  return text.replaceAll('<%= config.bin %>', 'llamero');
}
