import { eventSchemaOf, schemaName } from '../schema/documents.ts';
import {
  type Manifest,
  type ManifestArgument,
  type ManifestCommand,
  type ManifestFlag,
  commandName,
  otherNames,
  shownCommands,
} from './manifest.ts';
import { markdownCode, markdownTable, markdownText } from './markdown.ts';

const NOTE = '<!-- Made from the help texts of the commands by `npm run build`. -->';

/** The pages of the commands: one for each first word, by path. */
export function commandPages(manifest: Manifest): Map<string, string> {
  const topics = Map.groupBy(shownCommands(manifest), ({ id }) => firstWord(id));
  const pages = new Map<string, string>();
  for (const [topic, commands] of topics) {
    pages.set(`docs/commands/${topic}.md`, topicPage(topic, commands));
  }
  pages.set('docs/commands/README.md', indexPage([...topics.values()].flat()));
  return pages;
}

function firstWord(id: string): string {
  return id.split(':')[0] ?? id;
}

function indexPage(commands: readonly ManifestCommand[]): string {
  const rows = commands.map((command) => {
    const page = `${firstWord(command.id)}.md`;
    const anchor = command.id.includes(':') ? `#${anchorOf(command)}` : '';
    const name = markdownCode(commandName(command));
    return [`[${name}](${page}${anchor})`, markdownText(command.summary ?? '')];
  });
  return `# Commands

${NOTE}

${markdownTable(['command', 'what it does'], rows)}

Every command takes the flags \`--quiet\`, \`--verbose\` and \`--help\` (\`-h\`), and all but a few \`--json\`:
see [scripting](../scripting.md). The exit codes that a page lists are those of its command; any command may also end
with 1, 2, 7, 130 or 143: see [exit codes](../exit-codes.md).
`;
}

function anchorOf(command: ManifestCommand): string {
  return commandName(command).replaceAll(' ', '-');
}

function topicPage(topic: string, commands: readonly ManifestCommand[]): string {
  const [only] = commands;
  if (commands.length === 1 && only !== undefined && only.id === topic) {
    return `# ${commandName(only)}\n\n${NOTE}\n\n${describe(only)}\n`;
  }
  const links = commands.map(
    (command) => `- [${commandName(command)}](#${anchorOf(command)}): ${command.summary ?? ''}`,
  );
  const sections = commands.map((command) => `## ${commandName(command)}\n\n${describe(command)}`);
  // The heading of the page must not take the anchor of the command of the same name.
  return `# ${topic}: the commands\n\n${NOTE}\n\n${links.join('\n')}\n\n${sections.join('\n\n')}\n`;
}

function describe(command: ManifestCommand): string {
  const { description = '', examples = [], summary = '' } = command;
  const args = Object.values(command.args);
  const flags = Object.values(command.flags).filter(({ hidden }) => hidden !== true);
  const parts = [
    `${markdownText(summary)}.`,
    `\`\`\`sh\n${usage(command)}\n\`\`\``,
    markdownText(description),
    alsoCalled(command),
    args.length === 0 ? '' : markdownTable(['argument', 'meaning'], args.map(argumentRow)),
    ...[...Map.groupBy(flags, ({ helpGroup }) => helpGroup)]
      .filter(([group]) => group !== 'GLOBAL')
      .map(([group, grouped]) => flagTable(group, grouped)),
    jsonLine(command),
    exampleBlock(examples),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function usage(command: ManifestCommand): string {
  const args = Object.values(command.args);
  const words = args.map(({ name, required }, index) => {
    const many = !command.strict && index === args.length - 1 ? '…' : '';
    return required === true ? `<${name}>${many}` : `[${name}${many}]`;
  });
  return [commandName(command), ...words, '[flags]'].join(' ');
}

function alsoCalled(command: ManifestCommand): string {
  const names = otherNames(command).map(markdownCode);
  return names.length === 0 ? '' : `Also called ${names.join(', ')}.`;
}

function argumentRow({ description = '', name, options, required }: ManifestArgument): string[] {
  const choices = options === undefined ? '' : `: ${options.map(markdownCode).join(', ')}`;
  const optional = required === true ? '' : ' (may be left out)';
  return [markdownCode(name), `${markdownText(description)}${choices}${optional}`];
}

function flagTable(group: string | undefined, flags: readonly ManifestFlag[]): string {
  const header = group === undefined ? 'flag' : `flag (${group.toLowerCase()})`;
  return markdownTable([header, 'meaning'], flags.map(flagRow));
}

function flagRow(flag: ManifestFlag): string[] {
  const { allowNo, char, description, name, options, summary } = flag;
  const value =
    flag.type === 'boolean' ? '' : ` ${flag.helpValue ?? (options ? '<option>' : '<value>')}`;
  const names = [
    ...(char === undefined ? [] : [`-${char}`]),
    `--${allowNo === true ? '[no-]' : ''}${name}`,
    ...(flag.aliases ?? []).map((alias) => `--${alias}`),
  ];
  const choices =
    options === undefined || options.every((option) => summary?.includes(option) === true)
      ? ''
      : `; one of ${options.map(markdownCode).join(', ')}`;
  const preset =
    flag.type === 'boolean' || flag.default === undefined
      ? ''
      : `; ${markdownCode(String(flag.default))} unless given`;
  return [
    markdownCode(names.join(', ') + value),
    `${markdownText(summary ?? description ?? '')}${choices}${preset}`,
  ];
}

function jsonLine(command: ManifestCommand): string {
  if (command.enableJsonFlag !== true) return 'It takes no `--json`.';
  const name = schemaName(command.id);
  const document = `\`--json\` prints the document of [${name}.json](../schema/${name}.json).`;
  const event = eventSchemaOf(command.id);
  if (event === undefined) return document;
  const { name: lines, title } = event;
  return `${document} ${markdownText(title)} is an event of [${lines}.json](../schema/${lines}.json).`;
}

function exampleBlock(examples: NonNullable<ManifestCommand['examples']>): string {
  if (examples.length === 0) return '';
  const lines = examples.map((example) => {
    if (typeof example === 'string') return fill(example);
    return `# ${example.description}\n${fill(example.command)}`;
  });
  return `\`\`\`sh\n${lines.join('\n\n')}\n\`\`\``;
}

function fill(example: string): string {
  return example.replaceAll('<%= config.bin %>', 'llamero');
}
