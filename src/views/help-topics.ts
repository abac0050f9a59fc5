import { ENVIRONMENT_VARIABLES } from '../lib/config/environment.ts';
import { EXIT_CODES } from '../lib/errors.ts';
import { type HelpEntry, REFERENCE_FORMS } from './help-references.ts';

/** A topic of `llamero help` that is no command. */
interface HelpTopic {
  readonly entries: readonly HelpEntry[];
  /** What is true of all of them. */
  readonly remark?: string;
}

/** The topics that are no commands, by name. */
export const HELP_TOPICS: ReadonlyMap<string, HelpTopic> = new Map([
  ['exit-codes', { entries: Object.entries(EXIT_CODES) }],
  [
    'environment',
    {
      entries: ENVIRONMENT_VARIABLES.map(({ description, name }): HelpEntry => [name, description]),
      remark: 'An empty variable counts as not set',
    },
  ],
  [
    'references',
    {
      entries: REFERENCE_FORMS,
      remark:
        'Where a part of a name fits several stored models, a terminal asks and anything else ends with exit code 4. What removes takes nothing but whole names, aliases and patterns, unless somebody confirms it',
    },
  ],
]);
