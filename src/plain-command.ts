import { type Context, createContext } from './lib/context.ts';
import { Terminal } from './lib/ui/terminal.ts';
import { directOutlets, watchOutput } from './output.ts';
import { endInFailure, printDocument } from './outcome.ts';
import { program } from './program.ts';
import type { Build } from './root-plugin.ts';
import { listModels } from './views/list.ts';

/** What a command does, and the document it returns for `--json`. */
type Work = (context: Context, request: { readonly json: boolean }) => Promise<unknown>;

/** A command line that oclif need not read. */
interface PlainCommand {
  readonly work: Work;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** The commands that a shell waits for. */
const COMMANDS: Readonly<Record<string, Work>> = {
  list: listModels,
  ls: listModels,
  // What it needs of the server is loaded when it is run.
  ps: async (context, request) =>
    (await import('./views/processes.ts')).showProcesses(context, request),
};

const JSON_FLAG = '--json';
const QUIET_FLAGS = ['--quiet', '-q'];

/**
 * The command of a command line that is one of those a shell waits for and has none but the flags of
 * every command. Whatever else a line holds, a mistake too, is for oclif to read.
 */
export function readPlainCommand([name = '', ...flags]: readonly string[]):
  PlainCommand | undefined {
  const work = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (work === undefined) return undefined;
  if (!flags.every((flag) => flag === JSON_FLAG || QUIET_FLAGS.includes(flag))) return undefined;
  return {
    work,
    json: flags.includes(JSON_FLAG),
    quiet: flags.some((flag) => QUIET_FLAGS.includes(flag)),
  };
}

/**
 * Runs a command as its class would, without it: to load oclif and to have it read the command line
 * takes longer than what these commands do.
 */
export async function runPlainCommand(
  { json, quiet, work }: PlainCommand,
  { version }: Pick<Build, 'version'>,
): Promise<void> {
  const { environment, interrupts } = program;
  const context = createContext({
    version,
    environment,
    interrupts,
    terminal: new Terminal(process, quiet ? 'quiet' : 'normal', environment, directOutlets()),
  });
  try {
    const document = await work(context, { json });
    if (!json) return;
    watchOutput();
    printDocument(document);
  } catch (error) {
    watchOutput();
    endInFailure(error, { json });
  } finally {
    await context.close();
  }
}
