import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../../base-command.ts';
import type { ConversationInfo, History } from '../../lib/chat/history/history.ts';
import { parseAge } from '../../lib/age.ts';
import { LlameroError } from '../../lib/errors.ts';
import { formatAge, formatCount } from '../../lib/format.ts';
import { oneLine } from '../../lib/plain-text.ts';
import { confirm } from '../../lib/ui/prompts.ts';
import { openKeptHistory } from '../../views/history-file.ts';

/** The `--json` document of `history rm`. */
interface HistoryRemoveDocument {
  readonly removed: readonly { readonly id: string; readonly title: string }[];
}

/** A shorter beginning of an id fits by accident what it was not meant for. */
const SHORTEST_BEGINNING = 4;
const MOST_NAMED = 10;
const SECONDS_A_DAY = 86_400;

export default class HistoryRemove extends BaseCommand<typeof HistoryRemove> {
  static override hiddenAliases = ['history:remove', 'history:delete'];

  static override summary = 'Remove conversations';

  static override description =
    'What was typed in them goes from the history of the prompt, too. Nothing of them can be brought back.\n\nExit codes: 2 nobody is there to confirm, 3 no such conversation, 4 an id fits several, 8 the history is damaged, 11 another process holds it, 130 the answer was no.';

  static override examples = [
    '<%= config.bin %> history rm 7kq2m0xd',
    {
      description: 'what has rested for a month, without a question',
      command: '<%= config.bin %> history rm --older-than 30d --yes',
    },
  ];

  static override strict = false;

  static override args = {
    id: Args.string({
      description: 'an id, or at least four characters of it; several are possible',
      ignoreStdin: true,
    }),
  };

  static override flags = {
    all: Flags.boolean({
      summary: 'Remove all conversations and all that was typed at the prompt',
      exclusive: ['older-than'],
    }),
    'older-than': Flags.string({
      summary: 'Remove those in which nothing was said for so long: 30d, 4w, 1y',
      helpValue: '<age>',
    }),
    yes: Flags.boolean({ char: 'y', summary: 'Do not ask' }),
  };

  async run(): Promise<HistoryRemoveDocument> {
    const { terminal } = this.context;
    const { all } = this.flags;
    // To look and to ask nothing is written; a history that is not there is not made for it.
    using reading = await openKeptHistory(this.context, 'read');
    const conversations = this.#choose(reading);
    if (conversations.length > 0 || all) {
      await this.#ask(conversations);
      using history = await openKeptHistory(this.context, 'change');
      if (all) history.removeAll();
      else history.remove(conversations.map(({ id }) => id));
    }
    if (!this.jsonEnabled()) {
      terminal.note(`Removed ${formatCount(conversations.length, 'conversation')}`);
    }
    return { removed: conversations.map(({ id, title }) => ({ id, title })) };
  }

  /** All are found before any is removed: a misspelled id must not leave half of the work done. */
  #choose(history: History): ConversationInfo[] {
    const { all, 'older-than': age } = this.flags;
    const ids = this.positionals;
    if (ids.length > 0 === (all || age !== undefined)) {
      throw new LlameroError('USAGE', 'Name conversations, or give --all or --older-than', {
        hint: '`llamero history list` shows the ids',
      });
    }
    if (all) return history.list();
    if (age !== undefined) return history.olderThan(readDays(age));
    const found = new Map<string, ConversationInfo>();
    for (const text of ids) {
      if (text.trim().length < SHORTEST_BEGINNING) {
        throw new LlameroError('USAGE', `${text} is too short an id to remove by`, {
          hint: `Type at least ${SHORTEST_BEGINNING} characters of it`,
        });
      }
      const info = history.find(text);
      found.set(info.id, info);
    }
    return [...found.values()];
  }

  async #ask(conversations: readonly ConversationInfo[]): Promise<void> {
    if (this.flags.yes) return;
    const { signal, terminal } = this.context;
    if (this.jsonEnabled() || !terminal.canPrompt) {
      throw new LlameroError('CONFIRMATION_REQUIRED', 'Nobody is there to confirm the removal', {
        hint: 'Add --yes to remove without a question',
      });
    }
    const now = new Date();
    for (const { id, title, updatedAt } of conversations.slice(0, MOST_NAMED)) {
      terminal.note(`  ${id}  ${oneLine(title)} (${formatAge(updatedAt, now)})`);
    }
    const unnamed = conversations.length - MOST_NAMED;
    if (unnamed > 0) terminal.note(`  and ${unnamed} more`);
    const what = formatCount(conversations.length, 'conversation');
    const message = this.flags.all
      ? `Remove all (${what}) and all that was typed at the prompt?`
      : `Remove ${what}?`;
    if (await confirm(terminal, { message, default: false, signal })) return;
    throw new LlameroError('INTERRUPTED', 'Nothing was removed');
  }
}

/** @throws LlameroError USAGE when it is no age of at least a day */
function readDays(text: string): number {
  const days = (parseAge(text) ?? 0) / SECONDS_A_DAY;
  if (days >= 1) return days;
  throw new LlameroError('USAGE', '--older-than must be an age such as 30d, 4w or 1y');
}
