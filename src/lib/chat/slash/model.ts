import { describeContext } from '../session/context-use.ts';
import type { SlashCommand } from './command.ts';

/** `/model`. */
export const modelCommand: SlashCommand = {
  name: 'model',
  aliases: ['m'],
  arguments: '[reference]',
  summary: 'Go on with another model; without a name, choose one',
  details: ['The conversation stays; the other model reads all of it before it answers.'],
  choices: ({ host }) => host.models(),
  run: async (session, argument) => {
    const { host, io } = session;
    const models = argument === '' ? await host.models() : [];
    await session.interruptible(async (signal) => {
      const ref =
        argument === ''
          ? await io.choose(
              'Which model?',
              models.map((value) => ({
                value,
                label: value,
                ...(value === session.model ? { remark: 'as now' } : {}),
              })),
              signal,
            )
          : await host.findModel(argument, signal);
      if (ref === undefined || ref === session.model) {
        io.note(`It stays ${session.model}`);
        return;
      }
      await session.changeModel(ref, {}, signal);
      io.say(`Now ${ref}`);
    });
    const { contextUse } = session;
    if (contextUse !== undefined && contextUse.used > contextUse.size) {
      io.warn(
        `What was said may not fit: the context would be ${describeContext(contextUse)}; /compact sums it up`,
      );
    }
    return undefined;
  },
};
