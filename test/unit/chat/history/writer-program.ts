// A process that talks: it keeps a message, says on stdout that it is kept, and so on.
import { LlameroError } from '../../../../src/lib/errors.ts';
import { openHistory } from '../../../../src/lib/chat/history/history.ts';

/** What the process is to do. */
export interface WriterTask {
  readonly file: string;
  /** Put before every text. */
  readonly name: string;
  /** How many messages at most. */
  readonly messages: number;
  /** How long each one is. */
  readonly size?: number;
}

const task = JSON.parse(process.argv[2] ?? '') as WriterTask;
try {
  using history = await openHistory({ file: task.file });
  const writer = history.begin({ model: 'm' });
  for (let number = 0; number < task.messages; number += 1) {
    const content = `${task.name} ${number} ${'x'.repeat(task.size ?? 0)}`;
    writer.append({ role: 'user', content });
    process.stdout.write(`${writer.id} ${number}\n`);
  }
} catch (error) {
  if (!(error instanceof LlameroError)) throw error;
  process.stdout.write(`${error.code}: ${error.message}\n`);
}
