import { type AnswerFormat, readAnswerFormat } from '../lib/chat/answer-format.ts';
import { AnswerText } from '../lib/chat/answer-text.ts';
import { readImage } from '../lib/chat/attachments.ts';
import { joinPrompt } from '../lib/chat/conversation.ts';
import type { AnswerSink } from '../lib/chat/markdown/stream-renderer.ts';
import type { ImageAttachment } from '../lib/chat/message.ts';
import type { ThinkLevel } from '../lib/chat/request.ts';
import type { Context } from '../lib/context.ts';
import { LlameroError } from '../lib/errors.ts';
import type { ChatAnswer } from '../lib/server/client.ts';
import type { ReadyModel } from '../lib/server/router.ts';
import { mergeLoadSettings } from '../lib/server/settings/resolve.ts';
import { type ModelSettings, createSettings } from '../lib/server/settings/settings.ts';
import type { StoredModel } from '../lib/store/model.ts';
import type { ChatRequest } from './chat-request.ts';
import { chatScreen } from './chat-screen.ts';
import { requireEngine } from './engine-first-use.ts';
import { load } from './load.ts';
import { loadSettingsOf, passthroughSettings } from './load-flags.ts';
import {
  documentOutput,
  eventOutput,
  type OneShotOutput,
  type Output,
  textOutput,
} from './one-shot-output.ts';
import { type Question, answerOnce } from './one-shot.ts';
import { readPipedInput } from './piped-input.ts';
import { modelOfConversation } from './run-conversation.ts';
import { markUsed, storedModel } from './stored-model.ts';

/** The `--json` document of `run`. */
export type RunDocument = { readonly model: string } & ChatAnswer;

/** What was typed after `llamero run`. */
export interface RunCommand {
  /** The model; a conversation that is gone on with names its own. */
  readonly ref: string | undefined;
  /** The words after the model. */
  readonly prompt: readonly string[];
  /** What follows `--`, for llama-server. */
  readonly engineWords: readonly string[];
  readonly output: Output;
  readonly flags: RunFlags;
}

/** The flags of `run` that are no settings. */
export interface RunFlags extends Readonly<Record<string, unknown>> {
  readonly prompt?: string | undefined;
  readonly image?: readonly string[] | undefined;
  readonly think?: ThinkLevel | undefined;
  readonly 'hide-thinking': boolean;
  readonly format?: string | undefined;
  readonly raw: boolean;
  readonly stats: boolean;
  readonly interactive: boolean;
  readonly continue: boolean;
  /** Empty for the latest conversation. */
  readonly resume?: string | undefined;
  readonly save?: boolean | undefined;
  readonly markdown?: boolean | undefined;
  readonly force: boolean;
  readonly yes: boolean;
}

/**
 * Answers a prompt, or begins a conversation.
 *
 * @returns the answer with the model's reference; undefined after a conversation and after events
 * @throws LlameroError USAGE when the command contradicts itself, and what all the parts throw
 */
export async function runModel(
  context: Context,
  command: RunCommand,
): Promise<RunDocument | undefined> {
  const { flags, output } = command;
  const { paths, signal } = context;
  const resume = resumed(flags);
  const settings = mergeLoadSettings(
    loadSettingsOf(flags, paths),
    passthroughSettings(command.engineWords, paths),
  );
  const input = await readInput(context, command, resume !== undefined);
  const ref = command.ref ?? (await refOfConversation(context, resume));

  const policy = { yes: flags.yes, mayAsk: output === 'text' };
  await requireEngine(context, policy);
  const stored = await storedModel(context, ref, policy);
  const prepare = async (): Promise<ReadyModel> => {
    const ready = await load(context, stored.ref, settings, signal, { force: flags.force });
    await markUsed(context, stored);
    return ready;
  };

  const modelSettings = createSettings(await context.config());
  const how = howToAsk(modelSettings, stored, flags);
  const keepAlive = settings['keep-alive'] ?? modelSettings.settingsFor(stored)['keep-alive'];
  try {
    if (input.talk) {
      // What a conversation needs is not paid for by one answer.
      const { chat } = await import('./chat.ts');
      const request = { ...chatRequestOf(input, flags, how, resume), loadSettings: settings };
      await chat(context, stored, request, prepare);
      return undefined;
    }
    const ready = await prepare();
    const { format, images, prompt } = input;
    const question: Question = { ...how, format, images, prompt, raw: flags.raw };
    const shown = await outputOf(context, stored.ref, command);
    const answer = await answerOnce(context, ready, question, shown);
    return output === 'stream-json' ? undefined : documentOf(stored.ref, answer, flags);
  } finally {
    if (keepAlive === 0) await release(context, stored.ref);
  }
}

function documentOf(model: string, answer: ChatAnswer, flags: RunFlags): RunDocument {
  if (!flags['hide-thinking']) return { model, ...answer };
  const { reasoning: _hidden, ...shown } = answer;
  return { model, ...shown };
}

/** Frees the memory of a model that is not to be kept. The answer is there: a failure is no error. */
async function release(context: Context, ref: string): Promise<void> {
  try {
    await (await context.server()).release(ref);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    context.terminal.trace(`${ref} was not unloaded: ${why}`);
  }
}

interface Input {
  readonly prompt: string;
  readonly images: readonly ImageAttachment[];
  readonly format: AnswerFormat | undefined;
  /** Whether a conversation is wanted. */
  readonly talk: boolean;
}

/** Reads all that is asked before anything costly begins: a mistake in it shows at once. */
async function readInput(
  { signal, terminal }: Context,
  { flags, output, prompt: words, ref }: RunCommand,
  goesOn: boolean,
): Promise<Input> {
  const hasTerminal = terminal.stdinIsTerminal && terminal.stdoutIsTerminal;
  const asksToTalk = flags.interactive || goesOn;
  if (asksToTalk && (!hasTerminal || output !== 'text')) throw noTerminal();
  const cwd = process.cwd();
  const format = flags.format === undefined ? undefined : await readAnswerFormat(flags.format, cwd);
  const images = await Promise.all((flags.image ?? []).map((file) => readImage(file, cwd)));
  const piped = await readPipedInput(terminal, signal);
  const prompt = flags.raw
    ? rawPrompt([words.join(' '), flags.prompt, piped])
    : joinPrompt(joinPrompt(words.join(' '), flags.prompt), piped);
  const oneShot = output !== 'text' || flags.raw || format !== undefined || !hasTerminal;
  const talk = asksToTalk || (prompt === '' && !oneShot);
  if (prompt === '' && images.length === 0 && !talk) throw noPrompt(ref);
  return { prompt, images, format, talk };
}

/** A text to go on with stays as it is to the last blank. */
function rawPrompt(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join('\n\n');
}

type Resume = { readonly id?: string } | undefined;

function resumed(flags: RunFlags): Resume {
  if (flags.continue || flags.resume === '') return {};
  return flags.resume === undefined ? undefined : { id: flags.resume };
}

async function refOfConversation(context: Context, resume: Resume): Promise<string> {
  if (resume !== undefined) return modelOfConversation(context, resume.id);
  throw new LlameroError('USAGE', 'No model is named', {
    hint: 'Name one: `llamero run user/repo`; `llamero list` shows the models that are here',
  });
}

type How = Pick<Question, 'sampling' | 'stats' | 'system' | 'think'>;

/** What flags and settings say about the way of asking, for this model. */
function howToAsk(settings: ModelSettings, stored: StoredModel, flags: RunFlags): How {
  return {
    sampling: settings.samplingFor(stored),
    system: settings.systemFor(stored),
    think: flags.think,
    stats: flags.stats,
  };
}

function chatRequestOf(
  { images, prompt }: Input,
  flags: RunFlags,
  how: How,
  resume: Resume,
): Omit<ChatRequest, 'loadSettings'> {
  return {
    ...how,
    hideThinking: flags['hide-thinking'],
    markdown: flags.markdown ?? true,
    save: flags.save ?? true,
    resume,
    images,
    ...(prompt === '' ? {} : { firstPrompt: prompt }),
  };
}

async function outputOf(
  context: Context,
  model: string,
  { flags, output }: RunCommand,
): Promise<OneShotOutput> {
  const { terminal } = context;
  const thinking = !flags['hide-thinking'];
  switch (output) {
    case 'json':
      return documentOutput(terminal);
    case 'stream-json':
      return eventOutput(terminal, model, thinking);
    case 'text':
      return textOutput({
        terminal,
        thinking: thinking && terminal.verbosity !== 'quiet',
        answer: await answerSink(context, flags),
      });
  }
}

/** Lays out Markdown on a terminal; a pipe, and what has a form of its own, gets the very text. */
async function answerSink(context: Context, flags: RunFlags): Promise<AnswerSink> {
  const { terminal } = context;
  const hasOwnForm = flags.raw || flags.format !== undefined;
  const markdown = flags.markdown ?? (await context.config()).get('chat.markdown');
  const { draws, links, screen } = chatScreen(context);
  if (!markdown || !draws || hasOwnForm) {
    return new AnswerText((text) => terminal.write(text), { keepStart: flags.raw });
  }
  // The renderer costs start-up that a pipe need not pay.
  const { createMarkdownSink } = await import('../lib/chat/markdown/stream-renderer.ts');
  return createMarkdownSink({ screen, style: terminal.outStyle, links });
}

function noTerminal(): LlameroError {
  return new LlameroError(
    'USAGE',
    'A conversation needs a terminal to type into and to show it on',
    {
      hint: 'Without --interactive, --continue and --resume a single answer goes to a pipe',
    },
  );
}

function noPrompt(ref = 'user/repo'): LlameroError {
  return new LlameroError('USAGE', 'There is no prompt, and no terminal to ask for one', {
    hint: `Give one: \`llamero run ${ref} "Why is the sky blue?"\`, or pipe it in`,
  });
}
