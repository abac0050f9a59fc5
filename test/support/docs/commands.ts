import { type Manifest, type ManifestCommand } from '../../../scripts/docs/manifest.ts';

/** A place in a text where llamero is called. */
export interface Call {
  readonly line: string;
  readonly words: readonly string[];
}

/** The calls of llamero in code: fenced blocks and code within lines. */
export function findCalls(page: string): Call[] {
  const blocks = [...page.matchAll(/^```(?:sh|console)\n([\s\S]*?)^```$/gmu)].map(
    ([, code = '']) => code,
  );
  const prose = page.replaceAll(/^```[\s\S]*?^```$/gmu, '');
  const inline = [...prose.matchAll(/`([^`\n]+)`/gu)].map(([, code = '']) => code);
  const lines = [...blocks.flatMap((code) => code.split('\n')), ...inline];
  return lines.flatMap((line) => callsIn(line));
}

function callsIn(line: string): Call[] {
  // A comment, and what a command printed, are no calls; a command may stand behind a pipe.
  return line
    .replace(/^#.*/u, '')
    .split(/\||;|&&|\$\(|<\(/u)
    .map((part) =>
      part
        .trim()
        .replace(/^\$ /u, '')
        .replace(/^(?:[A-Z_]+=\S* )+/u, ''),
    )
    .filter((part) => part.startsWith('llamero '))
    .map((part) => ({ line, words: wordsOf(part).slice(1) }));
}

/** Words as a shell splits them, as far as examples go; what follows a redirection is none. */
function wordsOf(text: string): string[] {
  const [command = ''] = text.split(/ [<>]{1,2} ?(?![a-z-]+>)/u);
  return (command.match(/"[^"]*"|'[^']*'|[^\s"']+/gu) ?? []).map((word) =>
    word.replaceAll(/["')]/gu, ''),
  );
}

/** What is wrong with a call: a command or a flag that does not exist; undefined when all is well. */
export function problemOf({ words }: Call, { commands }: Manifest): string | undefined {
  const command = commandOf(words, Object.values(commands));
  const end = words.indexOf('--');
  const own = end === -1 ? words : words.slice(0, end);
  if (command === undefined) {
    const [first = ''] = own;
    const isTopic = Object.keys(commands).some((id) => id.startsWith(`${first}:`));
    const isGlobal = ['--help', '--version'].includes(first);
    return isTopic || isGlobal || /^[<…]/u.test(first) ? undefined : `no command «${first}»`;
  }
  const known = new Set(
    Object.values(command.flags).flatMap(({ aliases = [], allowNo, char, name }) => [
      `--${name}`,
      ...aliases.map((alias) => `--${alias}`),
      ...(char === undefined ? [] : [`-${char}`]),
      ...(allowNo === true ? [`--no-${name}`] : []),
    ]),
  );
  const unknown = own
    .filter((word) => /^-{1,2}[a-z]/u.test(word))
    .map((word) => word.replace(/=.*/u, ''))
    .find((flag) => flag !== '--help' && !known.has(flag));
  return unknown === undefined ? undefined : `${command.id} has no ${unknown}`;
}

function commandOf(
  words: readonly string[],
  commands: readonly ManifestCommand[],
): ManifestCommand | undefined {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(':');
    const found = commands.find(({ aliases, hiddenAliases, id }) =>
      [id, ...aliases, ...hiddenAliases].includes(name),
    );
    if (found !== undefined) return found;
  }
  return undefined;
}
