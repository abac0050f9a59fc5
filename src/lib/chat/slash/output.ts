import { sizeIfExists, writeFileAtomic } from '../../files.ts';
import {
  EXPORT_FORMATS,
  type ExportFormat,
  exportConversations,
  formatOfFile,
} from '../history/export.ts';
import type { Session } from '../session/session.ts';
import { transcriptOf } from '../session/transcript.ts';
import { userPath } from '../user-file.ts';
import type { SlashCommand } from './command.ts';

/** `/copy`. */
export const copyCommand: SlashCommand = {
  name: 'copy',
  aliases: ['yank'],
  arguments: '[code|all]',
  summary: 'Put the last answer on the clipboard, or its last block of code, or everything',
  choices: () => ['code', 'all'],
  run: async (session, argument) => {
    const { conversation, host, io } = session;
    const what = argument.toLowerCase();
    if (!['', 'all', 'code'].includes(what)) {
      io.warn(`${argument} is neither code nor all`);
      return undefined;
    }
    const answer = conversation.turns.findLast(({ role }) => role === 'assistant');
    const text =
      what === 'all'
        ? exportConversations([transcriptOf(session, new Date())], 'md')
        : what === 'code'
          ? lastCodeBlock(answer?.content ?? '')
          : answer?.content.trim();
    if (text === undefined || text === '') {
      io.note(what === 'code' ? 'There is no code in the last answer' : 'There is nothing to copy');
      return undefined;
    }
    const outcome = await host.copy(text);
    io.say(
      outcome.by === 'program'
        ? `Copied ${text.length} characters`
        : `Sent ${text.length} characters to the terminal's clipboard, if it lets programs do that`,
    );
    return undefined;
  },
};

/** `/export`. */
export const exportCommand: SlashCommand = {
  name: 'export',
  arguments: `[${EXPORT_FORMATS.join('|')}] [file]`,
  summary: 'Write the conversation to a file',
  choices: (_session, before) => (before.length === 0 ? EXPORT_FORMATS : 'path'),
  run: async (session, argument) => {
    const { conversation, host, io } = session;
    const { file, format } = readArgument(argument, session);
    if (conversation.turns.length === 0) {
      io.note('There is nothing to export yet');
      return undefined;
    }
    const target = userPath(file, host.workingFolder, host.userHome);
    if ((await sizeIfExists(target)) !== undefined) {
      const overwrite = await session.interruptible((signal) =>
        io.confirm(`${file} is there already. Overwrite it?`, false, signal),
      );
      if (!overwrite) {
        io.note('Nothing was written');
        return undefined;
      }
    }
    const text = exportConversations([transcriptOf(session, new Date())], format);
    await writeFileAtomic(target, text, 0o644);
    io.say(`Written to ${target}`);
    return undefined;
  },
};

function readArgument(
  argument: string,
  session: Session,
): { readonly format: ExportFormat; readonly file: string } {
  const [, word = '', rest = ''] = /^(\S+)(?:\s+([\s\S]+))?$/u.exec(argument) ?? [];
  const named = EXPORT_FORMATS.find((format) => format === word.toLowerCase());
  const file = named === undefined ? argument : rest;
  const format = named ?? formatOfFile(file) ?? 'md';
  return { format, file: file === '' ? `${fileName(session)}.${format}` : file };
}

/** The title as a file name that every file system takes. */
function fileName({ conversation, title }: Session): string {
  const text = title ?? conversation.turns[0]?.content ?? '';
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const name = words.slice(0, 8).join('-').slice(0, 60);
  return name === '' ? 'conversation' : name;
}

/** The last fenced block of code of an answer, without its fences. */
function lastCodeBlock(text: string): string | undefined {
  const blocks = [
    ...text.matchAll(/^ {0,3}(`{3,}|~{3,})[^\n]*\n([\s\S]*?)^ {0,3}\1[`~]*[ \t]*$/gmu),
  ];
  return blocks.at(-1)?.[2];
}
