import { oneLine } from '../../plain-text.ts';
import { applyTemplate, countChatTokens, countTokens } from '../../server/model-props.ts';
import { describeContext } from '../session/context-use.ts';
import type { SlashCommand } from './command.ts';

/** `/show`. */
export const showCommand: SlashCommand = {
  name: 'show',
  aliases: ['info'],
  arguments: '',
  summary: 'The model, the settings and the conversation as they are now',
  run: async (session) => {
    const isLoaded = await session.interruptible((signal) => session.refresh(signal));
    const {
      contextSize,
      contextUse,
      conversation,
      files,
      images,
      io,
      loadSettings,
      markdown,
      model,
      record,
      sampling,
      stats,
      think,
      thinking,
      title,
    } = session;
    const context =
      contextUse === undefined
        ? contextSize === undefined
          ? undefined
          : `${contextSize} tokens`
        : describeContext(contextUse);
    const set = [...Object.entries(sampling), ...Object.entries(loadSettings)];
    const settings = set.flatMap(([name, value]) =>
      value === undefined ? [] : [`${name} ${value}`],
    );
    const pending = [...images, ...files].map(({ name }) => name);
    const summary = conversation.summary;
    const rows: (readonly [string, string | undefined])[] = [
      ['model', model],
      ['loaded', isLoaded ? undefined : 'not now; the next question loads it'],
      ['context', context],
      ['system', conversation.system === undefined ? undefined : oneLine(conversation.system)],
      ['settings', settings.length === 0 ? undefined : settings.join(', ')],
      ['think', think],
      [
        'shown',
        [markdown ? 'Markdown' : 'raw', `thinking ${thinking}`, stats ? 'stats' : '']
          .filter((word) => word !== '')
          .join(', '),
      ],
      ['messages', String(conversation.turns.length)],
      ['summed up', summary === undefined ? undefined : `the first ${summary.covers} messages`],
      ['attached', pending.length === 0 ? undefined : pending.join(', ')],
      ['title', title],
      ['kept as', record.id ?? 'not kept'],
    ];
    io.list(rows.flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const])));
    return undefined;
  },
};

/** `/system`. */
export const systemCommand: SlashCommand = {
  name: 'system',
  arguments: '[text|none]',
  summary: 'Show or change the system prompt',
  details: ['After a change the model reads the whole conversation again.'],
  run: (session, argument) => {
    const { conversation, io, record } = session;
    if (argument === '') {
      io.say(conversation.system ?? 'There is no system prompt');
      return undefined;
    }
    conversation.system = argument.toLowerCase() === 'none' ? undefined : argument;
    record.update({ system: conversation.system });
    io.say(conversation.system === undefined ? 'No system prompt' : 'The system prompt is changed');
    return undefined;
  },
};

/** `/prompt`. */
export const promptCommand: SlashCommand = {
  name: 'prompt',
  arguments: '[json]',
  summary: 'Show exactly what the server is sent',
  details: [
    'The text that the template makes of the messages, as the model reads it; with `json` the request itself.',
  ],
  choices: () => ['json'],
  run: async (session, argument) => {
    const { io } = session;
    await session.interruptible(async (signal) => {
      if (session.conversation.messages.length === 0) {
        io.note('Nothing would be sent yet but what you type');
        return;
      }
      const ready = await session.connect(signal);
      const body = session.request(ready);
      if (argument.toLowerCase() === 'json') {
        io.say(JSON.stringify(body, withoutPictures, 2));
        return;
      }
      io.say(await applyTemplate(ready.address, body, signal));
    });
    return undefined;
  },
};

/** `/tokens`. */
export const tokensCommand: SlashCommand = {
  name: 'tokens',
  arguments: '[text]',
  summary: 'Count the tokens of the conversation, or of a text',
  run: async (session, argument) => {
    await session.interruptible(async (signal) => {
      const ready = await session.connect(signal);
      if (argument !== '') {
        const count = await countTokens(ready.address, ready.id, argument, signal);
        session.io.say(`${count} tokens`);
        return;
      }
      const { contextSize } = await session.props(ready, signal);
      const used =
        session.conversation.messages.length === 0
          ? 0
          : await countChatTokens(ready.address, session.request(ready), signal);
      session.io.say(
        contextSize === undefined
          ? `${used} tokens`
          : `The context is ${describeContext({ used, size: contextSize })}`,
      );
    });
    return undefined;
  },
};

/** A picture is megabytes of letters that tell nobody anything. */
function withoutPictures(_name: string, value: unknown): unknown {
  return typeof value === 'string' && /^data:[\w/]+;base64,/u.test(value)
    ? `${value.slice(0, 40)}… (${value.length} characters)`
    : value;
}
