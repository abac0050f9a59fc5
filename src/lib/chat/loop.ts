import { throwIfAborted } from '../errors.ts';
import { SLASH_COMMANDS } from './slash/all.ts';
import {
  type CommandEnd,
  type TypedCommand,
  findCommand,
  nearestCommand,
  parseCommand,
} from './slash/command.ts';
import type { Session } from './session/session.ts';
import { tellFailure } from './session/tell.ts';
import { sayAndAnswer } from './session/turn.ts';

const NOT_EDITED = 'The question stays as it was';

/**
 * Talks until the user leaves. Ctrl+C during an answer stops the answer and keeps what came of it.
 * A failure of the server is told and the conversation goes on: nothing typed is lost.
 *
 * @param firstPrompt said before anybody is asked for a prompt
 * @throws LlameroError when the program is asked to end (TERMINATED and the like)
 */
export async function chatLoop(session: Session, firstPrompt?: string): Promise<void> {
  const { host, io } = session;
  let interrupted = false;
  let initial = firstPrompt === undefined ? '' : await say(session, firstPrompt);
  let edited: Extract<CommandEnd, { type: 'edit' }> | undefined;
  for (;;) {
    throwIfAborted(host.signal);
    const input = await io.readPrompt({ initial });
    initial = '';
    if (input.type === 'closed') {
      throwIfAborted(host.signal);
      return;
    }
    if (input.type === 'interrupted') {
      if (edited !== undefined) io.note(NOT_EDITED);
      edited = undefined;
      if (interrupted && !input.hadText) return;
      interrupted = !input.hadText;
      if (interrupted) io.note('Press Ctrl+C again, or type /bye, to leave');
      continue;
    }
    interrupted = false;
    const text = input.text.trim();
    const command = parseCommand(text);
    if (command === undefined) {
      if (text === '') {
        if (edited !== undefined) io.note(NOT_EDITED);
        edited = undefined;
        continue;
      }
      edited?.onSend();
      edited = undefined;
      initial = await say(session, text.startsWith('//') ? text.slice(1) : text);
      continue;
    }
    edited = undefined;
    const end = await runCommand(session, command);
    if (end?.type === 'leave') return;
    if (end?.type === 'edit') {
      edited = end;
      initial = end.text;
    }
  }
}

/** Answers what the next prompt begins with: the text, when it could not be answered. */
async function say(session: Session, text: string): Promise<string> {
  try {
    return (await sayAndAnswer(session, text)) === 'failed' ? text : '';
  } catch (error) {
    tellFailure(session, error);
    return text;
  }
}

async function runCommand(
  session: Session,
  { argument, name }: TypedCommand,
): Promise<CommandEnd | undefined> {
  const command = findCommand(SLASH_COMMANDS, name);
  if (command === undefined) {
    const near = nearestCommand(SLASH_COMMANDS, name);
    session.io.warn(
      `/${name} is no command here; ${near === undefined ? '/help lists them' : `did you mean /${near}?`}`,
    );
    return undefined;
  }
  try {
    return await command.run(session, argument);
  } catch (error) {
    tellFailure(session, error);
    return undefined;
  }
}
