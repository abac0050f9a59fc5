import type { ImageAttachment } from '../lib/chat/message.ts';
import type { ThinkLevel } from '../lib/chat/request.ts';
import type { Sampling } from '../lib/chat/sampling.ts';
import type { LoadSettings } from '../lib/server/presets.ts';

/** How a conversation on the terminal begins. */
export interface ChatRequest {
  readonly system?: string | undefined;
  readonly sampling: Sampling;
  /** The load settings that the model was asked for with. */
  readonly loadSettings: LoadSettings;
  /** Left to the model when it is not said. */
  readonly think?: ThinkLevel | undefined;
  readonly hideThinking: boolean;
  readonly markdown: boolean;
  /** Whether a line of figures follows each answer. */
  readonly stats: boolean;
  /** Whether the conversation is kept. */
  readonly save: boolean;
  /** A conversation to go on with: the latest one when no id is given. */
  readonly resume?: { readonly id?: string | undefined } | undefined;
  /** Asked before anybody is asked for a prompt. */
  readonly firstPrompt?: string | undefined;
  /** Pictures that go with the first prompt. */
  readonly images: readonly ImageAttachment[];
}
