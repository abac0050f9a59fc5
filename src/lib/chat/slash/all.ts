import { fileCommand, imageCommand } from './attach.ts';
import type { SlashCommand } from './command.ts';
import { loadCommand, resumeCommand, saveCommand, sessionsCommand } from './conversations.ts';
import { byeCommand, helpCommand } from './help.ts';
import { modelCommand } from './model.ts';
import { copyCommand, exportCommand } from './output.ts';
import { setCommand } from './set.ts';
import { promptCommand, showCommand, systemCommand, tokensCommand } from './show.ts';
import { rawCommand, statsCommand, thinkCommand, thinkingCommand } from './switches.ts';
import {
  clearCommand,
  compactCommand,
  continueCommand,
  editCommand,
  regenCommand,
  undoCommand,
} from './turns.ts';

/** Every command, in the order in which the help shows them. */
export const SLASH_COMMANDS: readonly SlashCommand[] = [
  helpCommand(() => SLASH_COMMANDS),
  setCommand,
  showCommand,
  systemCommand,
  modelCommand,
  clearCommand,
  undoCommand,
  regenCommand,
  continueCommand,
  editCommand,
  imageCommand,
  fileCommand,
  copyCommand,
  exportCommand,
  compactCommand,
  saveCommand,
  loadCommand,
  sessionsCommand,
  resumeCommand,
  statsCommand,
  thinkCommand,
  thinkingCommand,
  rawCommand,
  promptCommand,
  tokensCommand,
  byeCommand,
];
