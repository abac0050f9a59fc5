import { expect, test } from 'vitest';

import { Interrupts } from '../../../src/lib/interrupts.ts';

test('a terminal that is gone may be told of often: the work still ends in its own time', () => {
  const exits: number[] = [];
  const interrupts = new Interrupts((exitCode) => exits.push(exitCode));
  for (let time = 0; time < 3; time += 1) interrupts.receive('hangup');
  interrupts.receive('output closed');
  expect(interrupts.signal.reason).toMatchObject({ code: 'TERMINATED', exitCode: 143 });
  expect(exits).toEqual([]);
  interrupts.receive('terminate');
  expect(exits).toEqual([143]);
});
