import type { IncomingMessage, ServerResponse } from 'node:http';

import type { ServerAddress } from '../../../../src/lib/server/request.ts';
import { type LocalServer, startLocalServer } from '../../../support/local-server.ts';

/** What the model does when it is asked. */
export interface ScriptedAnswer {
  readonly reasoning?: readonly string[];
  readonly text?: readonly string[];
  /** Says what it has to say and then nothing any more, until the connection is closed. */
  readonly hangs?: boolean;
  /** Closes the connection in the middle. */
  readonly leaves?: boolean;
  /** Refuses, with this error of llama-server's. */
  readonly refuses?: Readonly<Record<string, unknown>>;
  readonly finishReason?: string;
  /** Tokens of the prompt, 10 unless told. */
  readonly promptTokens?: number;
}

/** A request for an answer, as the model saw it. */
export interface SeenChat extends Readonly<Record<string, unknown>> {
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
}

/** A small real server that speaks as llama-server does, with a model that says what it is told. */
export class ModelServer implements AsyncDisposable {
  readonly #answers: ScriptedAnswer[] = [];
  readonly chats: SeenChat[] = [];
  /** Connections that were closed by the other side before the answer was whole. */
  closedEarly = 0;
  contextSize = 1000;
  vision = false;
  chatTemplate = 'a template';
  #server: LocalServer | undefined;
  #onHang: () => void = () => undefined;

  static async start(): Promise<ModelServer> {
    const model = new ModelServer();
    model.#server = await startLocalServer((request, response) => {
      void model.#handle(request, response);
    });
    return model;
  }

  get address(): ServerAddress {
    const { hostname, port } = new URL(this.#server?.origin ?? '');
    return { host: hostname, port: Number(port) };
  }

  /** What the model does next; without anything it says `an answer`. */
  will(...answers: readonly ScriptedAnswer[]): void {
    this.#answers.push(...answers);
  }

  /** Called when the model has begun to hang. */
  onHang(listener: () => void): void {
    this.#onHang = listener;
  }

  /** What was sent in a chat, shortened to `role: content`. */
  sent(index: number): readonly string[] {
    return (this.chats[index]?.messages ?? []).map(
      ({ content, role }) =>
        `${role}: ${typeof content === 'string' ? content : JSON.stringify(content)}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '', 'http://localhost');
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const text = Buffer.concat(pieces).toString();
    const body = (text === '' ? {} : JSON.parse(text)) as SeenChat & { content?: string };
    const reply = (document: unknown): unknown => response.end(JSON.stringify(document));
    switch (pathname) {
      case '/props':
        return void reply({
          default_generation_settings: { n_ctx: this.contextSize },
          modalities: { vision: this.vision },
          chat_template: this.chatTemplate,
        });
      case '/apply-template':
        return void reply({
          prompt: body.messages.map(({ content, role }) => `<${role}>${String(content)}`).join(''),
        });
      case '/tokenize':
        return void reply({ tokens: (body.content ?? '').split(' ').map((_, index) => index) });
      case '/v1/chat/completions/input_tokens':
        return void reply({ input_tokens: body.messages.length * 7 });
      case '/v1/chat/completions':
        this.chats.push(body);
        return this.#answer(response, this.#answers.shift() ?? { text: ['an answer'] });
      default:
        response.statusCode = 404;
        return void reply({ error: { message: `no ${pathname}` } });
    }
  }

  #answer(response: ServerResponse, answer: ScriptedAnswer): void {
    if (answer.refuses !== undefined) {
      response.statusCode = 400;
      response.end(JSON.stringify({ error: answer.refuses }));
      return;
    }
    response.on('close', () => {
      if (!response.writableFinished) this.closedEarly += 1;
    });
    response.setHeader('content-type', 'text/event-stream');
    const { promptTokens = 10, reasoning = [], text = [] } = answer;
    const send = (chunk: unknown): unknown => response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    let count = 0;
    const timings = () => ({
      cache_n: 0,
      prompt_n: promptTokens,
      prompt_per_second: 100,
      predicted_n: (count += 1),
      predicted_per_second: 50,
    });
    const delta = (piece: Readonly<Record<string, string>>): unknown =>
      send({ choices: [{ delta: piece, finish_reason: null }], timings: timings() });
    for (const piece of reasoning) delta({ reasoning_content: piece });
    for (const piece of text) delta({ content: piece });
    if (answer.leaves === true) {
      setImmediate(() => response.destroy());
      return;
    }
    if (answer.hangs === true) {
      this.#onHang();
      return;
    }
    send({ choices: [{ delta: {}, finish_reason: answer.finishReason ?? 'stop' }] });
    response.end('data: [DONE]\n\n');
  }
}
