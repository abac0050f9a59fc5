import type { Context } from '../lib/context.ts';
import { LlameroError } from '../lib/errors.ts';
import { oneLine } from '../lib/plain-text.ts';
import { alreadyStored } from './stored-model.ts';

/** The `--json` document of `alias set` and `cp`. */
export interface AliasDocument {
  readonly alias: string;
  readonly ref: string;
  /** The model that had the name before. */
  readonly before?: string;
}

/** Gives a stored model a short name, and tells a server that runs. */
export async function setAlias(
  context: Context,
  name: string,
  text: string,
  mayAsk: boolean,
): Promise<AliasDocument> {
  const { ref } = await alreadyStored(context, text, { mayAsk });
  const { aliases } = await context.store();
  const before = await aliases.set(name, ref);
  if (mayAsk) context.terminal.note(oneLine(describeAlias(name, ref, before)));
  await tellServer(context);
  return { alias: name, ref, ...(before === undefined || before === ref ? {} : { before }) };
}

function describeAlias(name: string, ref: string, before: string | undefined): string {
  const now = `${name} is ${ref}`;
  return before === undefined || before === ref ? now : `${now}, and no longer ${before}`;
}

/** Lets a server that runs know of the aliases. They are set, whatever becomes of that. */
export async function tellServer(context: Context): Promise<void> {
  const { signal, terminal } = context;
  try {
    const known = await (await context.server()).refresh({ signal });
    if (known === false) {
      terminal.note(
        'For requests to the server this holds once the model is loaded anew: `llamero stop <ref>` unloads it',
      );
    }
  } catch (error) {
    if (!(error instanceof LlameroError) || error.exitCode >= 130) throw error;
    terminal.warn(`The server that runs does not know of it yet: ${error.message}`);
  }
}
