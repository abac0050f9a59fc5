import { LlameroError } from '../../errors.ts';
import { type ModelProps, modelProps } from '../../server/model-props.ts';
import type { LoadSettings } from '../../server/presets.ts';
import type { ReadyModel } from '../../server/router.ts';
import type { ChatAnswer } from '../../server/client.ts';
import { Conversation } from '../conversation.ts';
import type { ConversationWriter, KeptConversation } from '../history/types.ts';
import type { ImageAttachment, Message } from '../message.ts';
import { type ChatRequestOptions, type ThinkLevel, chatRequest } from '../request.ts';
import type { Sampling, SamplingName } from '../sampling.ts';
import type { UserText } from '../user-file.ts';
import type { ContextUse } from './context-use.ts';
import type { ChatHost, CompactionSettings } from './host.ts';
import type { ChatIo, ThinkingView } from './io.ts';
import { settingsToLoadWith } from './load-settings.ts';
import { readParameters, writeParameters } from './parameters.ts';
import { ConversationRecord } from './record.ts';

/** How a conversation begins. */
export interface SessionOptions {
  readonly io: ChatIo;
  readonly host: ChatHost;
  /** The reference of the model. */
  readonly model: string;
  readonly system: string | undefined;
  readonly sampling: Sampling;
  readonly think: ThinkLevel | undefined;
  readonly thinking: ThinkingView;
  readonly markdown: boolean;
  readonly stats: boolean;
  readonly compaction: CompactionSettings;
  /** Pictures that go with the first message. */
  readonly images: readonly ImageAttachment[];
  /** The load settings that the model was asked for with. */
  readonly loadSettings: LoadSettings;
}

/**
 * A conversation on a terminal: what was said, with which model, how, and where it is kept. Commands
 * read and change its members; each turn is asked with them as they are then.
 */
export class Session {
  readonly io: ChatIo;
  readonly host: ChatHost;
  readonly compaction: CompactionSettings;
  readonly record: ConversationRecord;
  conversation: Conversation;
  model: string;
  /** Load settings that were asked for in this conversation, for the model as it is now. */
  loadSettings: LoadSettings;
  sampling: Sampling;
  think: ThinkLevel | undefined;
  thinking: ThinkingView;
  markdown: boolean;
  stats: boolean;
  /** What will go with the next message. */
  images: readonly ImageAttachment[];
  files: readonly UserText[] = [];
  title: string | undefined;
  lastAnswer: ChatAnswer | undefined;
  /** How full the context was after the last answer. */
  contextUse: ContextUse | undefined;
  /** The level of filling that the user was told of last. */
  contextLevelTold = 0;
  /** What answers of this model are chosen by unless it was changed here. */
  #defaults: Sampling;
  /** Messages from which on it is worth another attempt to sum up by itself. */
  compactionFrom = 0;
  #props: ModelProps | undefined;
  /** The command line of the process that the properties are of. */
  #process = '';

  constructor(options: SessionOptions) {
    const { host, io, model, system } = options;
    this.io = io;
    this.host = host;
    this.compaction = options.compaction;
    this.model = model;
    this.loadSettings = options.loadSettings;
    this.#defaults = definedOnly(options.sampling);
    this.sampling = this.#defaults;
    this.think = options.think;
    this.thinking = options.thinking;
    this.markdown = options.markdown;
    this.stats = options.stats;
    this.images = options.images;
    this.conversation = new Conversation({ system });
    this.record = new ConversationRecord(
      host.history,
      host.history?.begin({ model, system: this.conversation.system }),
      (error) => io.warn(`This conversation is no longer saved: ${error.message}`),
    );
  }

  /** Tokens that the model has room for, once that is known. */
  get contextSize(): number | undefined {
    return this.#props?.contextSize;
  }

  /** Makes the model ready; loads it where it is not loaded. */
  async connect(signal: AbortSignal): Promise<ReadyModel> {
    const settings = await settingsToLoadWith(this, signal);
    const ready = await this.host.connect(this.model, settings, signal);
    this.#noticeProcess(ready);
    return ready;
  }

  /**
   * Brings what is known of the model up to date. Loads nothing.
   *
   * @returns whether the model is loaded
   */
  async refresh(signal: AbortSignal): Promise<boolean> {
    if (!(await this.host.isLoaded(this.model, signal))) return false;
    await this.props(await this.connect(signal), signal);
    return true;
  }

  /** What the model can do. Asked once for each time the model is chosen or loaded anew. */
  async props(ready: ReadyModel, signal: AbortSignal): Promise<ModelProps> {
    const known = this.#props;
    if (known?.contextSize !== undefined) return known;
    const props = await modelProps(ready.address, ready.id, signal);
    this.#props = props;
    if (this.contextUse !== undefined && props.contextSize !== undefined) {
      this.contextUse = { used: this.contextUse.used, size: props.contextSize };
    }
    return props;
  }

  /** Somebody else may have loaded the model anew; its port alone makes its command line another. */
  #noticeProcess({ args }: ReadyModel): void {
    const process = args.join('\0');
    if (process === this.#process) return;
    this.#process = process;
    this.#props = undefined;
    this.contextLevelTold = 0;
  }

  /** The body of a request for what comes next. */
  request(
    ready: ReadyModel,
    changes: Partial<Omit<ChatRequestOptions, 'model'>> = {},
  ): Record<string, unknown> {
    const { conversation, sampling, think } = this;
    return chatRequest({
      model: ready.id,
      messages: conversation.messages,
      sampling,
      think,
      ...changes,
    });
  }

  /**
   * Goes on with another model, or with the same one under other load settings. Where it cannot be
   * loaded, all stays as it was.
   *
   * @throws LlameroError why it cannot be loaded
   */
  async changeModel(model: string, settings: LoadSettings, signal: AbortSignal): Promise<void> {
    const ready = await this.host.connect(model, settings, signal);
    if (model !== this.model) await this.#takeDefaultsOf(model);
    this.model = model;
    this.loadSettings = settings;
    this.#noticeProcess(ready);
    this.record.update({ model });
    await this.props(ready, signal);
  }

  /** What was changed here stays; all else becomes what the other model has for it. */
  async #takeDefaultsOf(model: string): Promise<void> {
    const old: Sampling = this.#defaults;
    const changed = Object.entries(this.sampling).filter(
      ([name, value]) => old[name as SamplingName] !== value,
    );
    this.#defaults = definedOnly(await this.host.samplingFor(model));
    this.sampling = { ...this.#defaults, ...(Object.fromEntries(changed) as Sampling) };
  }

  /** Takes up a conversation that was kept. Its model is not the one that is talked with. */
  resume(kept: KeptConversation & { readonly writer: ConversationWriter }): void {
    const { info, messages, writer } = kept;
    const parameters = readParameters(info.parameters);
    this.conversation = new Conversation({
      system: info.system,
      turns: messages,
      summary: parameters.summary,
    });
    // What was asked for now weighs more than what was kept.
    this.sampling = { ...parameters.sampling, ...this.sampling };
    this.think ??= parameters.think;
    this.title = info.title;
    this.forgetFigures();
    this.record.moveTo(writer);
    if (info.model !== this.model) this.record.update({ model: this.model });
  }

  /** Leaves the conversation in the history as it is and begins another with the same settings. */
  beginAnew(): void {
    this.conversation = new Conversation({ system: this.conversation.system });
    this.title = undefined;
    this.images = [];
    this.files = [];
    this.forgetFigures();
    this.record.beginAnew();
  }

  /** Takes the last messages back, here and in the history. */
  takeBack(count: number): readonly Message[] {
    const hadSummary = this.conversation.summary !== undefined;
    const taken = this.conversation.takeBack(count);
    this.record.removeLast(taken.length);
    if (hadSummary && this.conversation.summary === undefined) this.saveParameters();
    this.forgetFigures();
    return taken;
  }

  /** Keeps with the conversation how it is talked. */
  saveParameters(): void {
    const { conversation, sampling, think } = this;
    const { summary } = conversation;
    this.record.update({ parameters: writeParameters({ sampling, think, summary }) });
  }

  /** After the messages have changed, what was known of their size holds no more. */
  forgetFigures(): void {
    this.contextUse = undefined;
    this.contextLevelTold = 0;
    this.compactionFrom = 0;
    this.lastAnswer = undefined;
  }

  /**
   * Does work that Ctrl+C stops.
   *
   * @throws LlameroError INTERRUPTED after Ctrl+C
   */
  async interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const stopped = new AbortController();
    const giveBack = this.host.takeOverInterrupt(() => {
      stopped.abort(new LlameroError('INTERRUPTED', 'Interrupted'));
    });
    try {
      return await work(AbortSignal.any([this.host.signal, stopped.signal]));
    } finally {
      giveBack();
    }
  }
}

function definedOnly(sampling: Sampling): Sampling {
  const set = Object.entries(sampling).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set);
}
