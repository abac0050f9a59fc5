import { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { type History, openHistory } from '../../../../src/lib/chat/history/history.ts';
import { chatLoop } from '../../../../src/lib/chat/loop.ts';
import type { Message } from '../../../../src/lib/chat/message.ts';
import type { ChatHost, LoadSetting } from '../../../../src/lib/chat/session/host.ts';
import type {
  AnswerStyle,
  AnswerView,
  ChatIo,
  Choice,
  ListRow,
  PromptInput,
} from '../../../../src/lib/chat/session/io.ts';
import { Session, type SessionOptions } from '../../../../src/lib/chat/session/session.ts';
import { LlameroError } from '../../../../src/lib/errors.ts';
import type { LoadSettings } from '../../../../src/lib/server/presets.ts';
import { ModelServer } from './model-server.ts';

/** Somebody at a terminal who types what a script says, and notes down what is shown. */
class ScriptedIo implements ChatIo {
  readonly lines: string[] = [];
  /** The answers as they were shown. */
  shown = '';
  readonly styles: AnswerStyle[] = [];
  thoughts = '';
  /** What stood in the line when a prompt was asked for. */
  readonly initials: string[] = [];
  readonly replayed: Message[] = [];
  /** The questions with what there was to choose from. */
  readonly choices: string[][] = [];
  /** Called for each piece of an answer once it is shown. */
  onText: () => void = () => undefined;
  readonly #inputs: (string | PromptInput)[] = [];
  readonly #picks: (string | undefined)[] = [];
  readonly #decisions: boolean[] = [];

  types(...inputs: readonly (string | PromptInput)[]): void {
    this.#inputs.push(...inputs);
  }

  /** What is picked next, by its label's beginning. */
  picks(...labels: readonly (string | undefined)[]): void {
    this.#picks.push(...labels);
  }

  decides(...answers: readonly boolean[]): void {
    this.#decisions.push(...answers);
  }

  readPrompt({ initial }: { readonly initial: string }): Promise<PromptInput> {
    this.initials.push(initial);
    const next = this.#inputs.shift() ?? { type: 'closed' };
    return Promise.resolve(typeof next === 'string' ? { type: 'text', text: next } : next);
  }

  say(text: string): void {
    this.lines.push(text);
  }

  list(rows: readonly ListRow[]): void {
    this.lines.push(rows.map(([name, text]) => `${name}  ${text}`).join('\n'));
  }

  note(line: string): void {
    this.lines.push(`note: ${line}`);
  }

  warn(line: string): void {
    this.lines.push(`warning: ${line}`);
  }

  status(): void {
    // Goes away again, so nobody can rely on it.
  }

  answer(style: AnswerStyle): AnswerView {
    this.styles.push(style);
    let text = '';
    return {
      progress: () => undefined,
      reasoning: (piece) => {
        this.thoughts += piece;
      },
      text: (piece) => {
        text += piece;
        this.onText();
      },
      end: () => {
        if (text !== '') this.shown += `${text}\n`;
      },
    };
  }

  replay(messages: readonly Message[]): void {
    this.replayed.push(...messages);
  }

  choose<Value>(_question: string, choices: readonly Choice<Value>[]): Promise<Value | undefined> {
    this.choices.push(choices.map(({ label }) => label));
    const pick = this.#picks.shift();
    const chosen = choices.find(({ label }) => pick !== undefined && label.startsWith(pick));
    return Promise.resolve(chosen?.value);
  }

  confirm(question: string): Promise<boolean> {
    this.lines.push(`? ${question}`);
    return Promise.resolve(this.#decisions.shift() ?? false);
  }
}

const CTX_SIZE: LoadSetting = {
  name: 'ctx-size',
  description: 'Context size in tokens',
  expects: 'a whole number, 0 or more',
  parse: (typed) => (/^\d+$/u.test(typed) ? Number(typed) : undefined),
};

/** A conversation with a scripted model and a scripted user, all else real. */
export class Stage implements AsyncDisposable {
  readonly io = new ScriptedIo();
  readonly ending = new AbortController();
  readonly copied: string[] = [];
  /** What was loaded, with the settings that were asked for. */
  readonly loads: (readonly [string, LoadSettings])[] = [];
  readonly models = ['user/alpha:Q4_K_M', 'user/beta:Q8_0'];
  readonly defaults: Record<string, SessionOptions['sampling']> = {};
  /** The models that are loaded now, with the settings that somebody asked for. */
  readonly running = new Map<string, LoadSettings>();
  /** Why the model cannot be loaded, if so. */
  loadFailure: LlameroError | undefined;
  /** What is found to be the reason when the server leaves. */
  loss: LlameroError | undefined;
  readonly model: ModelServer;
  readonly folder: string;
  readonly history: History | undefined;
  session: Session;
  readonly #keys = new EventEmitter();

  private constructor(model: ModelServer, folder: string, history: History | undefined) {
    this.model = model;
    this.folder = folder;
    this.history = history;
    this.session = this.newSession();
  }

  static async open(options: { readonly saves?: boolean } = {}): Promise<Stage> {
    const folder = await mkdtemp(path.join(tmpdir(), 'llamero-chat-'));
    const history =
      options.saves === true
        ? await openHistory({ file: path.join(folder, 'history.db') })
        : undefined;
    return new Stage(await ModelServer.start(), folder, history);
  }

  /** Begins anew, as another run of the program does. */
  newSession(changes: Partial<SessionOptions> = {}): Session {
    this.session = new Session({
      io: this.io,
      host: this.#host(),
      model: 'user/alpha:Q4_K_M',
      system: undefined,
      sampling: {},
      think: undefined,
      thinking: 'folded',
      markdown: true,
      stats: false,
      compaction: { automatic: true, at: 0.8, keepTurns: 1 },
      images: [],
      loadSettings: {},
      ...changes,
    });
    return this.session;
  }

  /** Types what a script says until the end of it, which leaves. */
  async play(...inputs: readonly (string | PromptInput)[]): Promise<void> {
    this.io.types(...inputs);
    await chatLoop(this.session);
  }

  /** Presses Ctrl+C; answers whether anybody took it. */
  interrupt(): boolean {
    return this.#keys.emit('interrupt');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.history?.[Symbol.dispose]();
    await this.model[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }

  #host(): ChatHost {
    return {
      connect: (ref, settings, signal) => {
        signal.throwIfAborted();
        if (this.loadFailure !== undefined) return Promise.reject(this.loadFailure);
        this.loads.push([ref, settings]);
        this.running.set(ref, { ...this.running.get(ref), ...settings });
        const { address } = this.model;
        const args = [ref, ...Object.entries(this.running.get(ref) ?? {}).map(String)];
        return Promise.resolve({ id: ref, ref, state: 'loaded', args, address });
      },
      settingsInForce: (ref) => Promise.resolve(this.running.get(ref) ?? {}),
      isLoaded: (ref) => Promise.resolve(this.running.has(ref)),
      explainLoss: (_ref, error) => Promise.resolve(this.loss ?? error),
      models: () => Promise.resolve(this.models),
      findModel: (text) => {
        const found = this.models.find((ref) => ref.includes(text));
        return found === undefined
          ? Promise.reject(new LlameroError('MODEL_NOT_FOUND', `There is no ${text}`))
          : Promise.resolve(found);
      },
      samplingFor: (ref) => Promise.resolve(this.defaults[ref] ?? {}),
      loadSettings: [CTX_SIZE],
      history: this.history,
      copy: (text) => {
        this.copied.push(text);
        return Promise.resolve({ by: 'program', program: 'clip' });
      },
      takeOverInterrupt: (handler) => {
        this.#keys.on('interrupt', handler);
        return () => this.#keys.off('interrupt', handler);
      },
      signal: this.ending.signal,
      workingFolder: this.folder,
      userHome: this.folder,
    };
  }
}
