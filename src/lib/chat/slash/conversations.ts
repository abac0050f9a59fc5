import { LlameroError } from '../../errors.ts';
import { formatAge, formatCount } from '../../format.ts';
import type { ConversationInfo, History } from '../history/types.ts';
import type { ChatIo } from '../session/io.ts';
import type { Session } from '../session/session.ts';
import type { SlashCommand } from './command.ts';

const LISTED = 20;
const COMPLETED = 200;
/** Turns of an earlier conversation that are shown when it is taken up again. */
const REPLAYED = 3;

/** `/save`. */
export const saveCommand: SlashCommand = {
  name: 'save',
  aliases: ['title'],
  arguments: '[title]',
  summary: 'Give the conversation a title; conversations are kept by themselves',
  details: ['A conversation that was not kept, by --no-save or because the disk was full, is now.'],
  run: (session, argument) => {
    const { conversation, io, model, record } = session;
    if (!record.isKept && !record.keep(conversation, model)) throw noHistory();
    if (argument !== '') {
      record.update({ title: argument });
      session.title = argument;
    }
    session.saveParameters();
    io.say(`Kept as ${record.id ?? ''}${argument === '' ? '' : `: ${argument}`}`);
    return undefined;
  },
};

/** `/load`. */
export const loadCommand: SlashCommand = {
  name: 'load',
  arguments: '<title|id>',
  summary: 'Go on with the conversation of a title',
  choices: ({ host }) => titles(host.history),
  run: (session, argument) => {
    if (argument === '') {
      session.io.note('Which one? /sessions lists them, /resume lets you choose');
      return undefined;
    }
    const history = requireHistory(session);
    open(session, named(history, argument) ?? history.find(argument));
    return undefined;
  },
};

/** `/sessions`. */
export const sessionsCommand: SlashCommand = {
  name: 'sessions',
  aliases: ['history'],
  arguments: '[words]',
  summary: 'List the conversations that are kept, or search them',
  run: (session, argument) => {
    const history = requireHistory(session);
    if (argument === '') listNewest(session.io, history);
    else listFound(session.io, history, argument);
    return undefined;
  },
};

/** `/resume`. */
export const resumeCommand: SlashCommand = {
  name: 'resume',
  arguments: '[id]',
  summary: 'Go on with another conversation; without an id, choose one',
  choices: ({ host }) => (host.history?.list({ limit: COMPLETED }) ?? []).map(({ id }) => id),
  run: async (session, argument) => {
    const history = requireHistory(session);
    if (argument !== '') {
      open(session, history.find(argument));
      return undefined;
    }
    const chosen = await session.interruptible((signal) =>
      session.io.choose(
        'Which conversation?',
        history
          .list({ limit: COMPLETED })
          .filter(({ id }) => id !== session.record.id)
          .map((info) => ({ value: info, label: info.title, remark: describe(info, false) })),
        signal,
      ),
    );
    if (chosen !== undefined) open(session, chosen);
    return undefined;
  },
};

function listNewest(io: ChatIo, history: History): void {
  const infos = history.list({ limit: LISTED });
  const more = history.count() - infos.length;
  if (infos.length === 0) io.say('No conversation is kept yet');
  else io.list(infos.map((info) => [info.id, describe(info)]));
  if (more > 0) io.note(`and ${more} more; /sessions <words> searches them`);
}

function listFound(io: ChatIo, history: History, words: string): void {
  const hits = history.search(words, { limit: LISTED });
  if (hits.length === 0) io.say(`«${words}» was not found`);
  else io.list(hits.map(({ info, snippet }) => [info.id, `${info.title}: ${snippet}`]));
}

/** Takes a kept conversation up and shows its last turns. */
export function open(session: Session, info: ConversationInfo): void {
  const kept = requireHistory(session).reopen(info.id);
  session.resume(kept);
  const questions = kept.messages.flatMap(({ role }, index) => (role === 'user' ? [index] : []));
  const from = questions.at(-REPLAYED) ?? 0;
  session.io.note(
    from === 0 ? kept.info.title : `${kept.info.title} (${formatCount(from, 'message')} before)`,
  );
  session.io.replay(kept.messages.slice(from));
  if (kept.messages.at(-1)?.role === 'user') {
    session.io.note('The last question was not answered; /regen answers it');
  }
  if (kept.info.model !== session.model) {
    session.io.note(`It was talked with ${kept.info.model}; now ${session.model} answers`);
  }
}

function describe(info: ConversationInfo, withTitle = true): string {
  const age = formatAge(info.updatedAt, new Date());
  const about = `${formatCount(info.messageCount, 'message')}, ${age}, ${info.model}`;
  return withTitle ? `${info.title} (${about})` : about;
}

function named(history: History, title: string): ConversationInfo | undefined {
  const wanted = title.toLowerCase();
  return history.list().find((info) => info.title.toLowerCase() === wanted);
}

function titles(history: History | undefined): readonly string[] {
  return (history?.list({ limit: COMPLETED }) ?? []).map(({ title }) => title);
}

function requireHistory({ host }: Session): History {
  if (host.history === undefined) throw noHistory();
  return host.history;
}

function noHistory(): LlameroError {
  return new LlameroError('USAGE', 'Conversations are not kept here', {
    hint: 'The setting history.save, the variable LLAMERO_NOHISTORY or a damaged history keeps them from it; /export writes this one to a file',
  });
}
