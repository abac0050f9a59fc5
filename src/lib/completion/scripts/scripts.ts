import type { Shell } from '../shells.ts';
import { BASH_SCRIPT } from './bash.ts';
import { FISH_SCRIPT } from './fish.ts';
import { POWERSHELL_SCRIPT } from './powershell.ts';
import { ZSH_SCRIPT } from './zsh.ts';

/** What each shell has to read once. It asks the program for everything else, and so never grows old. */
export const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: BASH_SCRIPT,
  zsh: ZSH_SCRIPT,
  fish: FISH_SCRIPT,
  powershell: POWERSHELL_SCRIPT,
};
