import { Args } from '@oclif/core';

import type { Context } from '../lib/context.ts';
import { oneLine } from '../lib/plain-text.ts';
import { requireTag, type TagChange } from '../lib/store/notes.ts';
import { everyNamed, modelsOf } from './named-models.ts';

/** What `tag add` and `tag rm` are told. */
export const tagArgs = {
  ref: Args.string({
    description: "a stored model, or a pattern such as 'bartowski/*'",
    required: true,
    ignoreStdin: true,
  }),
  tag: Args.string({
    description: 'a tag; several are possible',
    required: true,
    ignoreStdin: true,
  }),
};

/** The `--json` document of `tag add` and `tag rm`. */
export interface TagDocument {
  readonly models: readonly {
    readonly ref: string;
    /** All it has now. */
    readonly tags: readonly string[];
  }[];
}

/**
 * Changes the tags of the models that a name stands for, and says what they have then.
 *
 * @param words the name, then the tags
 */
export async function changeTags(
  context: Context,
  words: readonly string[],
  change: (tags: readonly string[]) => TagChange,
  json: boolean,
): Promise<TagDocument> {
  const [text = '', ...tags] = words;
  const wanted = change(tags.map(requireTag));
  const models = modelsOf(await everyNamed(context, [text], { mayAsk: !json }));
  const store = await context.store();
  await store.changeTags(models, wanted);
  const refs = new Set(models.map(({ ref }) => ref));
  const now = (await store.survey()).models.filter(({ ref }) => refs.has(ref));
  if (!json) {
    for (const model of now) {
      const text = model.tags === undefined ? 'no tags' : model.tags.join(', ');
      context.terminal.note(oneLine(`${model.ref}: ${text}`));
    }
  }
  return { models: now.map(({ ref, tags: all = [] }) => ({ ref, tags: all })) };
}
