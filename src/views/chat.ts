import { complete } from '../lib/chat/slash/complete.ts';
import { open } from '../lib/chat/slash/conversations.ts';
import type { History } from '../lib/chat/history/types.ts';
import { chatLoop } from '../lib/chat/loop.ts';
import { Session } from '../lib/chat/session/session.ts';
import type { Context } from '../lib/context.ts';
import { LlameroError } from '../lib/errors.ts';
import type { StoredModel } from '../lib/store/model.ts';
import { openChatEditor } from './chat-editor.ts';
import { openChatHistory, promptHistory } from './chat-history.ts';
import { chatHost } from './chat-host.ts';
import { TerminalChatIo } from './chat-io.ts';
import type { ChatRequest } from './chat-request.ts';
import { chatScreen } from './chat-screen.ts';

/**
 * Talks with a model on the terminal until the user leaves.
 *
 * @param prepare makes the model ready; what is typed meanwhile is kept for the first question
 * @throws LlameroError CONVERSATION_NOT_FOUND, AMBIGUOUS; what the program is asked to end with
 */
export async function chat(
  context: Context,
  model: StoredModel,
  request: ChatRequest,
  prepare: () => Promise<unknown>,
): Promise<void> {
  const history = await openChatHistory(context, request.save);
  try {
    await talk(context, model, request, history, prepare);
  } finally {
    history?.[Symbol.dispose]();
  }
}

async function talk(
  context: Context,
  model: StoredModel,
  request: ChatRequest,
  history: History | undefined,
  prepare: () => Promise<unknown>,
): Promise<void> {
  const { terminal } = context;
  const config = await context.config();
  const screen = chatScreen(context);
  using editor = openChatEditor(context, {
    history: promptHistory(history),
    complete: (text) => complete(session, text),
    draws: screen.draws,
  });
  await prepare();
  const session = new Session({
    io: new TerminalChatIo({ terminal, editor, ...screen }),
    host: chatHost(context, history),
    model: model.ref,
    system: request.system,
    sampling: request.sampling,
    think: request.think ?? config.get('chat.think'),
    thinking: request.hideThinking ? 'none' : 'folded',
    markdown: request.markdown && config.get('chat.markdown'),
    stats: request.stats || config.get('chat.stats'),
    compaction: {
      automatic: config.get('chat.compact') === 'auto',
      at: config.get('chat.compact-at'),
      keepTurns: config.get('chat.compact-keep'),
    },
    images: request.images,
    loadSettings: request.loadSettings,
  });
  session.io.note(`${model.ref}. /help lists what can be typed, /bye leaves.`);
  if (request.resume !== undefined) takeUp(session, request.resume.id, history);
  await chatLoop(session, request.firstPrompt);
}

function takeUp(session: Session, id: string | undefined, history: History | undefined): void {
  if (history === undefined) {
    throw new LlameroError(
      'USAGE',
      'Conversations are not kept here, so none can be gone on with',
      {
        hint: 'Leave out --no-save, LLAMERO_NOHISTORY and `history.save: false`; `llamero history list` shows what was kept before',
      },
    );
  }
  const info = id === undefined ? history.latest() : history.find(id);
  if (info !== undefined) {
    open(session, info);
    return;
  }
  throw new LlameroError('CONVERSATION_NOT_FOUND', 'There is no conversation to go on with', {
    hint: 'Begin one without --continue and --resume',
  });
}
