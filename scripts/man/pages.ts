import { ENVIRONMENT_VARIABLES } from '../../src/lib/config/environment.ts';
import { EXIT_CODES } from '../../src/lib/errors.ts';
import {
  type Manifest,
  type ManifestArgument,
  type ManifestCommand,
  type ManifestFlag,
  commandName,
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

/** What every page needs to know of the package. */
interface Package {
  readonly version: string;
  readonly description: string;
}

/** The manual pages by their file names: one of the program, one of each command. */
export function manPages(manifest: Manifest, pjson: Package): Map<string, string> {
  const commands = shownCommands(manifest);
  const pages = new Map([['llamero.1', programPage(commands, pjson)]]);
  for (const command of commands) {
    pages.set(`${pageName(command)}.1`, commandPage(command, pjson));
  }
  return pages;
}

function programPage(commands: readonly ManifestCommand[], pjson: Package): string {
  const { description, version } = pjson;
  return [
    pageHead('llamero', version),
    section('NAME', `llamero \\- ${roffText(description)}`),
    section('SYNOPSIS', `${bold('llamero')} ${italic('command')} [${italic('flags')}]`),
    section(
      'COMMANDS',
      definitions(
        commands.map((command) => [
          bold(commandName(command)),
          `${roffProse(command.summary ?? '')} (${pageReference(command)})`,
        ]),
      ),
    ),
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

function commandPage(command: ManifestCommand, { version }: Package): string {
  const { description = '', examples = [], summary = '' } = command;
  const args = Object.values(command.args);
  const flags = Object.values(command.flags).filter(({ hidden }) => hidden !== true);
  return [
    pageHead(pageName(command), version),
    section('NAME', `${roffCode(pageName(command))} \\- ${roffProse(summary)}`),
    section('SYNOPSIS', synopsis(command, args)),
    section('DESCRIPTION', roffProse(withName(description))),
    section('ARGUMENTS', definitions(args.map(argumentEntry))),
    section('OPTIONS', definitions(flags.map(flagEntry))),
    section('EXAMPLES', examples.map(exampleText).join('\n')),
    section('SEE ALSO', '\\fBllamero\\fP(1)'),
  ].join('');
}

function synopsis(command: ManifestCommand, args: readonly ManifestArgument[]): string {
  const words = args.map(({ name, required }, index) => {
    const many = !command.strict && index === args.length - 1 ? ' ...' : '';
    return required === true ? `${italic(name)}${many}` : `[${italic(name)}${many}]`;
  });
  return [bold(commandName(command)), ...words, `[${italic('flags')}]`].join(' ');
}

function argumentEntry(argument: ManifestArgument): [string, string] {
  return [italic(argument.name), roffProse(withName(argument.description ?? ''))];
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
  const among = options === undefined ? '' : `\n.br\nOne of: ${options.map(bold).join(', ')}`;
  return [`${names.map(bold).join(', ')}${value}`, `${roffProse(meaning)}${among}`];
}

function exampleText(example: NonNullable<ManifestCommand['examples']>[number]): string {
  const { command, description } =
    typeof example === 'string' ? { command: example, description: '' } : example;
  const code = `.PP\n.RS 4\n.nf\n${roffCode(withName(command))}\n.fi\n.RE`;
  return description === '' ? code : `.PP\n${roffProse(withName(description))}\n${code}`;
}

/** `llamero-config-get`, which man also finds as `man llamero config get`. */
function pageName(command: ManifestCommand): string {
  return commandName(command).replaceAll(' ', '-');
}

function pageReference(command: ManifestCommand): string {
  return `${bold(pageName(command))}(1)`;
}

/** The texts of commands name the program by a template of oclif. */
function withName(text: string): string {
  return text.replaceAll('<%= config.bin %>', 'llamero');
}
