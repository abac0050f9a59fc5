import type { Judgement } from './choice.ts';
import { type FitQuestion, describeRoom, fitOf, fittedContext } from './fit.ts';
import type { Inventory, RepoFile } from './inventory.ts';
import { chooseProjector } from './projector.ts';

/** What the quants of a repository are judged by. */
export interface JudgementQuestion extends Omit<FitQuestion, 'projectorBytes'> {
  /** Whether the projector is loaded as well. */
  readonly withProjector: boolean;
}

/** How each quant of a repository fits a machine, with the projector that goes with it. */
export function judgementOf<F extends RepoFile>(
  inventory: Inventory<F>,
  { withProjector, ...question }: JudgementQuestion,
): Judgement<F> {
  return {
    fitOf: (quant) => {
      const projector = withProjector ? chooseProjector(inventory, quant) : undefined;
      return fitOf(quant.size, { ...question, projectorBytes: projector?.file.size });
    },
    contextSize: fittedContext(question),
    room: describeRoom(question.machine),
  };
}
