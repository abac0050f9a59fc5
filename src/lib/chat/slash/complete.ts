import { type Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';

import type { Completion } from '../editor/completion.ts';
import type { Session } from '../session/session.ts';
import { userPath } from '../user-file.ts';
import { SLASH_COMMANDS } from './all.ts';
import { findCommand } from './command.ts';

/** Completes what is typed: commands, what follows them, and paths after `@`. */
export async function complete(session: Session, text: string): Promise<Completion | undefined> {
  const marked = /(?<![^\s([{])@((?:\\.|[^\s\\])*)$/u.exec(text);
  if (marked !== null) {
    const typed = marked[1] ?? '';
    return completion(text.length - typed.length, await paths(session, typed));
  }
  const command = /^\/([a-z-]*)$/iu.exec(text);
  if (command !== null) {
    const typed = (command[1] ?? '').toLowerCase();
    const names = SLASH_COMMANDS.flatMap(({ aliases = [], name }) =>
      // Other names are completed by those who know them; they would only fill the list.
      typed === '' ? [name] : [name, ...aliases],
    );
    const fitting = names.filter((name) => name.startsWith(typed));
    return completion(
      0,
      fitting.map((name) => `/${name}`),
    );
  }
  const rest = /^\/([a-z-]+)\s+([\s\S]*)$/iu.exec(text);
  if (rest === null) return undefined;
  const [, name = '', argument = ''] = rest;
  return completeArgument(session, name.toLowerCase(), argument, text);
}

async function completeArgument(
  session: Session,
  name: string,
  argument: string,
  text: string,
): Promise<Completion | undefined> {
  const found = findCommand(SLASH_COMMANDS, name);
  if (found?.choices === undefined) return undefined;
  const words = argument.split(/\s+/u);
  const before = words.slice(0, -1);
  const choices = await found.choices(session, before);
  if (choices === 'path') {
    const typed = /(?:\\.|[^\s\\])*$/u.exec(argument)?.[0] ?? '';
    return completion(text.length - typed.length, await paths(session, typed));
  }
  // Titles have blanks, so what is completed is all that follows the command, where that fits.
  const whole = choices.filter((choice) => beginsWith(choice, argument));
  if (whole.length > 0) return completion(text.length - argument.length, whole);
  const typed = words.at(-1) ?? '';
  const fitting = choices.filter((choice) => beginsWith(choice, typed));
  return completion(text.length - typed.length, fitting);
}

function completion(from: number, choices: readonly string[]): Completion | undefined {
  return choices.length === 0 ? undefined : { from, choices };
}

function beginsWith(choice: string, typed: string): boolean {
  return choice.toLowerCase().startsWith(typed.toLowerCase());
}

/** The files and folders that a path may become; folders end in a slash. */
async function paths({ host }: Session, typed: string): Promise<readonly string[]> {
  const plain = typed.replace(/\\(.)/gu, '$1');
  const slash = plain.lastIndexOf('/');
  const folder = plain.slice(0, slash + 1);
  const beginning = plain.slice(slash + 1);
  let entries: Dirent[];
  try {
    const place = userPath(folder === '' ? '.' : folder, host.workingFolder, host.userHome);
    entries = await readdir(place, { withFileTypes: true });
  } catch {
    // A folder that is not there, or may not be read, has nothing to offer.
    return [];
  }
  return entries
    .filter(({ name }) => name.startsWith(beginning) && fits(name, beginning))
    .map((entry) => escapeBlanks(path.posix.join(folder, entry.name) + ending(entry)))
    .map((name) => (folder.startsWith('./') ? `./${name}` : name))
    .sort((one, other) => one.localeCompare(other, 'en'));
}

/** Hidden files are offered to those who ask for them; a control character could not be typed. */
function fits(name: string, beginning: string): boolean {
  return (beginning.startsWith('.') || !name.startsWith('.')) && !/\p{Cc}/u.test(name);
}

function ending(entry: Dirent): string {
  return entry.isDirectory() ? '/' : '';
}

function escapeBlanks(text: string): string {
  return text.replace(/[ \\"']/gu, '\\$&');
}
