import { nearest } from '../../nearest.ts';
import type { Session } from '../session/session.ts';

/** What happens after a command. */
export type CommandEnd =
  | { readonly type: 'leave' }
  /** The next prompt begins with this text; once it is sent, `onSend` is called first. */
  | { readonly type: 'edit'; readonly text: string; readonly onSend: () => void };

/** What can be typed after a command: words to choose from, or paths of files. */
export type ArgumentChoices = 'path' | readonly string[];

/** A command that is typed at the prompt: `/name argument`. */
export interface SlashCommand {
  /** Without the slash. */
  readonly name: string;
  readonly aliases?: readonly string[];
  /** What may follow, as the help shows it: `[on|off]`; empty for nothing. */
  readonly arguments: string;
  readonly summary: string;
  /** What more `/help <name>` says. */
  readonly details?: readonly string[];
  /**
   * Does it. A failure that is thrown as LlameroError is told, and the conversation goes on.
   *
   * @param argument what follows the name, without white space at its ends
   */
  run(session: Session, argument: string): Promise<CommandEnd | undefined> | CommandEnd | undefined;
  /**
   * What the word that is being typed may become.
   *
   * @param before the whole words that stand between the name and that word
   */
  choices?(session: Session, before: readonly string[]): Promise<ArgumentChoices> | ArgumentChoices;
}

/** What was typed, as a command. */
export interface TypedCommand {
  readonly name: string;
  readonly argument: string;
}

/**
 * Takes `/name argument` apart. A path (`/etc/hosts is a …`) is no command, and neither is a slash
 * alone; `//` at the beginning is a slash that is meant.
 *
 * @returns undefined when it is something to say to the model
 */
export function parseCommand(text: string): TypedCommand | undefined {
  const match = /^\/([a-z][a-z-]*|\?)(?:\s+([\s\S]*))?$/iu.exec(text.trim());
  if (match === null) return undefined;
  return { name: (match[1] ?? '').toLowerCase(), argument: (match[2] ?? '').trim() };
}

/** The command of a name or another name of it. */
export function findCommand(
  commands: readonly SlashCommand[],
  name: string,
): SlashCommand | undefined {
  return commands.find(
    (command) => command.name === name || command.aliases?.includes(name) === true,
  );
}

/** The command that a mistyped name most likely means. */
export function nearestCommand(
  commands: readonly SlashCommand[],
  name: string,
): string | undefined {
  return nearest(
    commands.flatMap((command) => [command.name, ...(command.aliases ?? [])]),
    name,
  );
}

/** `on`, `off` and their like as a switch; the other way round where nothing was typed. */
export function parseSwitch(argument: string, now: boolean): boolean | undefined {
  if (argument === '') return !now;
  if (/^(?:on|yes|true|1)$/iu.test(argument)) return true;
  return /^(?:off|no|false|0)$/iu.test(argument) ? false : undefined;
}
