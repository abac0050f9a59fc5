import { parseSamplingValue, samplingParameter, samplingRange } from '../sampling.ts';
import { compact } from '../session/compact.ts';
import { answerAnew, continueAnswer } from '../session/turn.ts';
import type { SlashCommand } from './command.ts';

/** `/clear`. */
export const clearCommand: SlashCommand = {
  name: 'clear',
  aliases: ['new'],
  arguments: '',
  summary: 'Begin a new conversation; the one until now stays in the history',
  run: (session) => {
    const wasKept = session.record.isKept && session.conversation.turns.length > 0;
    session.beginAnew();
    session.io.say(
      wasKept ? 'A new conversation; /sessions lists the one before' : 'A new conversation',
    );
    return undefined;
  },
};

/** `/undo`. */
export const undoCommand: SlashCommand = {
  name: 'undo',
  arguments: '',
  summary: 'Take back the last question and its answer',
  run: (session) => {
    const taken = session.takeBack(session.conversation.lastExchange);
    const [question] = taken;
    if (question === undefined) session.io.note('There is nothing to take back');
    else session.io.say(`Taken back: ${firstLine(question.content)}`);
    return undefined;
  },
};

/** `/regen`. */
export const regenCommand: SlashCommand = {
  name: 'regen',
  aliases: ['retry'],
  arguments: '[temperature]',
  summary: 'Answer the last question anew, with another temperature if you like',
  run: async (session, argument) => {
    const { conversation, io } = session;
    if (conversation.lastExchange === 0) {
      io.note('There is no question to answer anew');
      return undefined;
    }
    const parameter = samplingParameter('temp');
    if (argument === '' || parameter === undefined) {
      await answerAnew(session, {});
      return undefined;
    }
    const temp = parseSamplingValue(parameter, argument);
    if (temp === undefined) {
      io.warn(`A temperature is ${samplingRange(parameter)}, not ${argument}`);
      return undefined;
    }
    await answerAnew(session, { temp });
    return undefined;
  },
};

/** `/continue`. */
export const continueCommand: SlashCommand = {
  name: 'continue',
  aliases: ['more'],
  arguments: '',
  summary: 'Let the model go on with its last answer',
  run: async (session) => {
    const last = session.conversation.lastAnswer;
    if (last === undefined) session.io.note('There is no answer to go on with');
    else await continueAnswer(session, last);
    return undefined;
  },
};

/** `/edit`. */
export const editCommand: SlashCommand = {
  name: 'edit',
  arguments: '',
  summary: 'Change the last question and ask it again; Ctrl+G opens it in your editor',
  run: (session) => {
    const { conversation, io } = session;
    const count = conversation.lastExchange;
    const question = conversation.turns.at(-count);
    if (count === 0 || question === undefined) {
      io.note('There is no question to change');
      return undefined;
    }
    return {
      type: 'edit',
      text: question.content,
      onSend: () => {
        // Pictures were not typed, so they are not in the text.
        session.images = [...(question.images ?? []), ...session.images];
        session.takeBack(count);
      },
    };
  },
};

/** `/compact`. */
export const compactCommand: SlashCommand = {
  name: 'compact',
  arguments: '[focus]',
  summary: 'Sum up what was said before, to make room in the context',
  details: ['The history keeps every word. What the summary must not lose may be named.'],
  run: async (session, argument) => {
    await compact(session, argument === '' ? {} : { focus: argument });
    return undefined;
  },
};

function firstLine(text: string): string {
  const [line = ''] = text.split('\n');
  return line.length > 60 || line.length < text.length ? `${line.slice(0, 59)}…` : line;
}
