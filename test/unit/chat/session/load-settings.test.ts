import { describe, expect, test } from 'vitest';

import { Stage } from './stage.ts';

const A = 'user/alpha:Q4_K_M';
const ONE_K = { 'ctx-size': 1024 };

/** A conversation that has set the context size of its model. */
async function withContextSet(): Promise<Stage> {
  const stage = await Stage.open();
  stage.io.decides(true);
  await stage.play('/set ctx-size 1024');
  stage.io.lines.length = 0;
  stage.loads.length = 0;
  return stage;
}

function linesAbout(stage: Stage, name: string): readonly string[] {
  return stage.io.lines.flatMap((text) => text.split('\n')).filter((line) => line.startsWith(name));
}

describe('a setting of a model that was loaded with it', () => {
  test('is not asked for again while it holds', async () => {
    await using stage = await withContextSet();
    await stage.play('one', 'two', '/show');
    expect(stage.loads.map(([, settings]) => settings)).toEqual([{}, {}, {}]);
    expect(linesAbout(stage, 'settings')).toEqual(['settings  ctx-size 1024']);
    expect(linesAbout(stage, 'loaded')).toEqual([]);
  });

  test('is asked for again by the next question when somebody stopped the model', async () => {
    await using stage = await withContextSet();
    stage.running.clear();
    await stage.play('/show', 'one', 'two');
    expect(linesAbout(stage, 'settings')).toEqual(['settings  ctx-size 1024']);
    expect(linesAbout(stage, 'loaded')).toEqual(['loaded  not now; the next question loads it']);
    expect(stage.loads).toEqual([
      [A, ONE_K],
      [A, {}],
    ]);
    expect(stage.io.lines.slice(1)).toEqual([
      `note: ${A} is not loaded any more; it is loaded again with ctx-size 1024`,
    ]);
  });

  test.each(['/show', '/set', '/set ctx-size', 'one'])(
    'is given up, once told by %s, when somebody else loaded the model without it',
    async (typed) => {
      await using stage = await withContextSet();
      stage.running.set(A, { 'ctx-size': 2048 });
      await stage.play(typed, 'two', '/show');
      expect(linesAbout(stage, 'warning')).toEqual([
        `warning: Somebody else has loaded ${A} anew, and without ctx-size 1024; /set brings it back`,
      ]);
      expect(stage.loads.every(([, settings]) => Object.keys(settings).length === 0)).toBe(true);
      expect(linesAbout(stage, 'settings')).toEqual([]);
      expect(linesAbout(stage, 'ctx-size: 1024')).toEqual([]);
      expect(linesAbout(stage, 'ctx-size  1024')).toEqual([]);
    },
  );

  test('is given up alone; the others stay', async () => {
    await using stage = await Stage.open();
    stage.newSession({ loadSettings: { ...ONE_K, threads: 2 } });
    stage.running.set(A, { 'ctx-size': 2048, threads: 2 });
    await stage.play('one', '/show');
    expect(linesAbout(stage, 'settings')).toEqual(['settings  threads 2']);
  });
});

describe('the size of the context', () => {
  test('is asked for again when somebody else loaded the model anew', async () => {
    await using stage = await Stage.open();
    await stage.play('one', '/show');
    stage.running.set(A, { 'ctx-size': 500 });
    stage.model.contextSize = 500;
    await stage.play('/show', 'two', '/show');
    expect(linesAbout(stage, 'context')).toEqual([
      'context  1 % full: 11 of 1000 tokens',
      'context  2 % full: 11 of 500 tokens',
      'context  2 % full: 11 of 500 tokens',
    ]);
  });
});
