/** A picture that goes with a message. */
export interface ImageAttachment {
  /** The name it is shown by. */
  readonly name: string;
  /** `image/png`, `image/jpeg` … */
  readonly mimeType: string;
  /** The file's bytes in base64. */
  readonly data: string;
}

/** One message of a conversation. */
export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
  readonly images?: readonly ImageAttachment[];
  /** What a reasoning model thought before it answered; shown and kept, never sent again. */
  readonly reasoning?: string;
  /** Whether the answer was stopped halfway. */
  readonly stopped?: boolean;
}
