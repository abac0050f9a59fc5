import { THINK_LEVELS } from '../request.ts';
import { answerStats } from '../answer-stats.ts';
import { type SlashCommand, parseSwitch } from './command.ts';

/** `/think`. */
export const thinkCommand: SlashCommand = {
  name: 'think',
  arguments: `[${THINK_LEVELS.join('|')}|default]`,
  summary: 'How much the model thinks before it answers',
  details: ['`default` leaves it to the model. Only models that were made to think heed it.'],
  choices: () => [...THINK_LEVELS, 'default'],
  run: async (session, argument) => {
    const { io } = session;
    const typed = argument.toLowerCase();
    if (typed === '') {
      io.say(`think: ${session.think ?? 'left to the model'}`);
      return undefined;
    }
    const level = THINK_LEVELS.find((word) => word === typed);
    if (level === undefined && typed !== 'default') {
      io.warn(`${argument} is none of ${THINK_LEVELS.join(', ')} and default`);
      return undefined;
    }
    session.think = level;
    session.saveParameters();
    io.say(`think: ${level ?? 'left to the model'}`);
    if (level === undefined) return undefined;
    const { supportsThinkLevels, supportsThinking } = await session.interruptible(async (signal) =>
      session.props(await session.connect(signal), signal),
    );
    if (!supportsThinking) io.note(`${session.model} does not seem to be a model that thinks`);
    else if (!supportsThinkLevels && level !== 'on' && level !== 'off') {
      io.note(`The template of ${session.model} knows on and off; ${level} is taken for on`);
    }
    return undefined;
  },
};

const VIEWS = { show: 'all', fold: 'folded', hide: 'none' } as const;

/** `/thinking`. */
export const thinkingCommand: SlashCommand = {
  name: 'thinking',
  arguments: '[show|fold|hide]',
  summary: 'How much is shown of what the model thinks',
  choices: () => Object.keys(VIEWS),
  run: (session, argument) => {
    const typed = argument.toLowerCase();
    if (typed !== '' && !Object.hasOwn(VIEWS, typed)) {
      session.io.warn(`${argument} is none of show, fold and hide`);
      return undefined;
    }
    if (typed !== '') session.thinking = VIEWS[typed as keyof typeof VIEWS];
    const now = Object.entries(VIEWS).find(([, view]) => view === session.thinking)?.[0];
    session.io.say(`thinking: ${now ?? ''}`);
    return undefined;
  },
};

/** `/raw`. */
export const rawCommand: SlashCommand = {
  name: 'raw',
  arguments: '[on|off]',
  summary: 'Show answers as the model writes them, without Markdown',
  choices: () => ['on', 'off'],
  run: (session, argument) => {
    const raw = parseSwitch(argument, !session.markdown);
    if (raw === undefined) session.io.warn(`${argument} is neither on nor off`);
    else {
      session.markdown = !raw;
      session.io.say(`raw: ${raw ? 'on' : 'off'}`);
    }
    return undefined;
  },
};

/** `/stats`. */
export const statsCommand: SlashCommand = {
  name: 'stats',
  arguments: '[on|off]',
  summary: 'A line of figures after each answer',
  choices: () => ['on', 'off'],
  run: (session, argument) => {
    const stats = parseSwitch(argument, session.stats);
    if (stats === undefined) {
      session.io.warn(`${argument} is neither on nor off`);
      return undefined;
    }
    session.stats = stats;
    session.io.say(`stats: ${stats ? 'on' : 'off'}`);
    if (stats && session.lastAnswer !== undefined) {
      session.io.note(answerStats(session.lastAnswer, session.contextSize));
    }
    return undefined;
  },
};
