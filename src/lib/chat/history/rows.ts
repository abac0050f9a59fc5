import type { ConversationInfo, StoredMessage } from './types.ts';
import type { ImageAttachment, Message } from '../message.ts';

/** The columns of {@link ConversationRow}; the table is called `conversation` in the statement. */
export const CONVERSATION_COLUMNS = `
  conversation.id, title, model, system, parameters, created_at, updated_at,
  (SELECT count(*) FROM message WHERE message.conversation = conversation.number) AS messages`;

/** A conversation as the database gives it. */
export interface ConversationRow {
  readonly id: string;
  readonly title: string;
  readonly model: string;
  readonly system: string | null;
  readonly parameters: string | null;
  readonly created_at: number;
  readonly updated_at: number;
  readonly messages: number;
}

/** A message as the database gives it, its images apart. */
export interface MessageRow {
  readonly id: number;
  readonly role: Message['role'];
  readonly content: string;
  readonly reasoning: string | null;
  readonly stopped: number;
  readonly stats: string | null;
  readonly at: number;
}

/** An image as the database gives it. */
export interface ImageRow {
  readonly message: number;
  readonly name: string;
  readonly mime_type: string;
  readonly data: Uint8Array;
}

export function readConversation(row: ConversationRow): ConversationInfo {
  const parameters = readFields(row.parameters);
  return {
    id: row.id,
    title: row.title,
    model: row.model,
    ...(row.system === null ? {} : { system: row.system }),
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
    messageCount: row.messages,
    ...(parameters === undefined ? {} : { parameters }),
  };
}

export function readMessage(row: MessageRow, images: readonly ImageRow[]): StoredMessage {
  const stats = readFields(row.stats);
  return {
    id: row.id,
    role: row.role,
    content: row.content,
    at: new Date(row.at),
    ...(row.reasoning === null ? {} : { reasoning: row.reasoning }),
    ...(row.stopped === 1 ? { stopped: true } : {}),
    ...(stats === undefined ? {} : { stats }),
    ...(images.length === 0 ? {} : { images: images.map(readImage) }),
  };
}

function readImage({ name, mime_type: mimeType, data }: ImageRow): ImageAttachment {
  return { name, mimeType, data: Buffer.from(data).toString('base64') };
}

/** Fields as they are kept; none for undefined. */
export function writeFields(fields: Readonly<Record<string, unknown>> | undefined): string | null {
  return fields === undefined ? null : JSON.stringify(fields);
}

/** A conversation is worth more than its figures: those that cannot be read are left out. */
function readFields(text: string | null): Record<string, unknown> | undefined {
  if (text === null) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
