import type { LlameroError } from '../../errors.ts';
import { answerStats, contextUsed } from '../answer-stats.ts';
import { findAttachments, promptWithFiles } from '../attachments.ts';
import { titleOf } from '../history/title.ts';
import type { ImageAttachment, Message } from '../message.ts';
import type { Sampling } from '../sampling.ts';
import { compactWhenFull } from './compact.ts';
import { describeContext, levelReached } from './context-use.ts';
import { makeRoom } from './overflow.ts';
import { type Received, receiveAnswer } from './receive.ts';
import type { Session } from './session.ts';
import { tellFailure } from './tell.ts';

/** What became of something that was said; unless it was answered it is as if it had not been. */
export type TurnEnd = 'answered' | 'stopped' | 'failed';

/**
 * Says something and gets the answer to it. Files and pictures that the text names go with it.
 * A failure is told and the conversation goes on.
 *
 * @throws LlameroError when the program is asked to end
 */
export async function sayAndAnswer(session: Session, text: string): Promise<TurnEnd> {
  const { conversation, io, record } = session;
  let content: string;
  let images: readonly ImageAttachment[];
  try {
    const { userHome, workingFolder } = session.host;
    const found = await findAttachments(text, workingFolder, userHome);
    for (const name of found.missing) io.note(`There is no file ${name}; it is sent as a word`);
    content = promptWithFiles(text, [...session.files, ...found.files]);
    images = [...session.images, ...found.images];
  } catch (error) {
    tellFailure(session, error);
    return 'failed';
  }
  await compactWhenFull(session);
  for (;;) {
    record.add(conversation.ask(content, images));
    // Not the first line of a file that goes before them, but the words are the title.
    if (session.title === undefined && content !== text && conversation.turns.length === 1) {
      record.update({ title: titleOf({ role: 'user', content: text, images }) });
    }
    const received = await receiveAnswer(session);
    if (keepAnswer(session, received)) {
      session.files = [];
      session.images = [];
      return 'answered';
    }
    session.takeBack(1);
    const { failure } = received;
    if (failure === undefined || failure.code === 'INTERRUPTED') return 'stopped';
    if (failure.code !== 'CONTEXT_EXCEEDED') return 'failed';
    if (!(await roomWasMade(session, failure, content.length))) return 'failed';
  }
}

async function roomWasMade(
  session: Session,
  failure: LlameroError,
  length: number,
): Promise<boolean> {
  try {
    return await makeRoom(session, failure, length);
  } catch (error) {
    tellFailure(session, error);
    return false;
  }
}

/**
 * Gets another answer to the last question; the old one stays when nothing comes.
 *
 * @param sampling what is different this once
 */
export async function answerAnew(session: Session, sampling: Sampling): Promise<void> {
  const old = session.conversation.lastAnswer;
  if (old !== undefined) session.takeBack(1);
  const received = await receiveAnswer(session, {
    changes: { sampling: { ...session.sampling, ...sampling } },
  });
  if (keepAnswer(session, received) || old === undefined) return;
  putBack(session, old);
  session.io.note('The answer that was there stays');
}

const GO_ON = 'Go on exactly where you stopped. Repeat nothing.';

/** Lets the model go on with its last answer, where the server allows that. */
export async function continueAnswer(session: Session, old: Message): Promise<void> {
  const { conversation, io } = session;
  const received = await receiveAnswer(session, {
    changes: { messages: conversation.messages, continueLast: true },
    beginning: old.content,
  });
  if (received.text === '' && received.failure?.code === 'SERVER_ANSWER') {
    io.note(`${received.failure.message}. It is asked to go on instead`);
    await sayAndAnswer(session, GO_ON);
    return;
  }
  if (received.text === '') {
    if (received.failure === undefined) io.note('The model has nothing to add');
    else tellFailure(session, received.failure);
    return;
  }
  conversation.takeBack(1);
  const message = conversation.answer(old.content + received.text, {
    ...(old.reasoning === undefined ? {} : { reasoning: old.reasoning }),
    stopped: received.failure !== undefined,
  });
  session.record.replaceLast(message, figuresOf(received));
  afterAnswer(session, received);
}

/**
 * Keeps an answer, whole or in part, and says what there is to say about it.
 *
 * @returns false when there is nothing to keep
 */
function keepAnswer(session: Session, received: Received): boolean {
  const { failure, reasoning, text } = received;
  const nothing = text.trim() === '' && (failure !== undefined || reasoning === '');
  if (nothing) {
    const [call] = received.answer?.toolCalls ?? [];
    if (call !== undefined) {
      session.io.note(`The model wants to call the tool ${call.name}; there are none here`);
    } else if (failure === undefined) {
      session.io.note('The model said nothing');
    } else if (failure.code !== 'CONTEXT_EXCEEDED') {
      tellFailure(session, failure);
    }
    return false;
  }
  const message = session.conversation.answer(text, {
    reasoning,
    stopped: failure !== undefined,
  });
  session.record.add(message, figuresOf(received));
  afterAnswer(session, received);
  return true;
}

function afterAnswer(session: Session, { answer, failure }: Received): void {
  const { io } = session;
  if (failure !== undefined) tellFailure(session, failure);
  else if (answer?.finishReason === 'length') {
    io.note('The answer ends here because a limit of tokens was reached; /continue goes on');
  }
  if (answer === undefined) return;
  session.lastAnswer = answer;
  const { contextSize: size } = session;
  if (session.stats) {
    const line = answerStats(answer, size);
    if (line !== '') io.note(line);
  }
  const used = contextUsed(answer);
  if (used === undefined || size === undefined) return;
  session.contextUse = { used, size };
  const level = levelReached(session.contextUse);
  if (level > session.contextLevelTold) {
    const advice = session.compaction.automatic ? '' : '; /compact sums up what was said before';
    io.note(`The context is ${describeContext(session.contextUse)}${advice}`);
  }
  session.contextLevelTold = level;
}

function figuresOf({ answer }: Received): Record<string, unknown> | undefined {
  if (answer === undefined) return undefined;
  const { finishReason, firstTokenSeconds, timings, usage } = answer;
  return {
    finishReason,
    ...(usage === null ? {} : { usage }),
    ...(timings === null ? {} : { timings }),
    ...(firstTokenSeconds === undefined ? {} : { firstTokenSeconds }),
  };
}

function putBack(session: Session, old: Message): void {
  const message = session.conversation.answer(old.content, {
    ...(old.reasoning === undefined ? {} : { reasoning: old.reasoning }),
    stopped: old.stopped === true,
  });
  session.record.add(message);
}
