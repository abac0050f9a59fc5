import type { Context } from '../lib/context.ts';
import { describePlan, type UpdatePlan } from '../lib/engine/update-plan.ts';
import { LlameroError } from '../lib/errors.ts';
import { confirm } from '../lib/ui/prompts.ts';
import { describeInstall, installEngine, planEngine } from './engine-install.ts';
import type { MissingPolicy } from './stored-model.ts';

/**
 * Sees to it that there is an engine before a model needs it: where there is none, one question
 * with its size and backend, and it is installed.
 *
 * @throws LlameroError ENGINE_MISSING when there is none and nobody wants one
 */
export async function requireEngine(context: Context, policy: MissingPolicy): Promise<void> {
  const missing = await missingEngine(context);
  if (missing === undefined) return;
  const { signal, terminal } = context;
  const ask = !policy.yes;
  if (ask && !(policy.mayAsk && terminal.canPrompt)) throw withYes(missing);
  const plan = await planFirst(context, missing);
  terminal.note(plan.reason);
  if (ask) {
    const what = describeInstall(plan, describePlan(plan));
    const message = `There is no llama.cpp on this machine. Install ${what}?`;
    if (!(await confirm(terminal, { message, default: true, signal }))) throw missing;
  }
  await installEngine(context, plan);
}

/** The error of a machine without an engine; undefined where there is one. */
async function missingEngine(context: Context): Promise<LlameroError | undefined> {
  try {
    await context.findEngine();
    return undefined;
  } catch (error) {
    const isMissing = error instanceof LlameroError && error.code === 'ENGINE_MISSING';
    // One that the user named and that is not there is a mistake, not a wish for another.
    const { named } = await context.engineSearch();
    if (isMissing && named === undefined) return error;
    throw error;
  }
}

async function planFirst(context: Context, missing: LlameroError): Promise<UpdatePlan> {
  try {
    return await planEngine(context, {});
  } catch (error) {
    if (!(error instanceof LlameroError) || error.exitCode !== 6) throw error;
    throw new LlameroError(
      'ENGINE_MISSING',
      `${missing.message}, and none can be fetched: ${error.message}`,
      {
        hint: error.hint,
        cause: error,
      },
    );
  }
}

function withYes(missing: LlameroError): LlameroError {
  const hint = [missing.hint, 'With --yes one is installed first, without a question'];
  return new LlameroError(missing.code, missing.message, {
    hint: hint.filter((line) => line !== undefined).join('\n'),
    cause: missing.cause,
  });
}
