import { formatCount, formatMemorySize } from '../../format.ts';
import type { LoadEstimate, LoadQuestion } from './load-question.ts';
import { type Room, wholeRoom } from './room.ts';

/** What the line of arithmetic is about. */
export interface LineContent {
  readonly question: LoadQuestion;
  readonly estimate: LoadEstimate;
  readonly contextSize: number;
  readonly room: Room;
  /** Models that are unloaded to make the room. */
  readonly unloaded: number;
}

/**
 * The arithmetic in one line: `3.91 GiB weights + 1.00 GiB KV cache at 8192 tokens + 302 MiB compute
 * = 5.20 GiB of 12.4 GiB free`. What is free is without what stays free.
 */
export function arithmetic(content: LineContent): string {
  const { contextSize, estimate, question, room, unloaded } = content;
  const size = formatMemorySize;
  const tokens = `${contextSize} tokens${cutNote(question, contextSize)}`;
  const parts = [
    `${size(estimate.weights)} weights`,
    `${size(estimate.kvCache)} KV cache at ${tokens}`,
    ...(estimate.projector > 0 ? [`${size(estimate.projector)} projector`] : []),
    ...(estimate.beside > 0 ? [`${size(estimate.beside)} draft model and adapters`] : []),
    `${size(estimate.compute)} compute`,
  ];
  const apart =
    room.gpu === undefined || room.shared ? '' : ` (${size(room.gpu)} GPU, ${size(room.ram)} RAM)`;
  const after = unloaded === 0 ? '' : ` with ${formatCount(unloaded, 'idle model')} unloaded`;
  return `${parts.join(' + ')} = ${size(estimate.total)} of ${size(wholeRoom(room))} free${apart}${after}`;
}

function cutNote({ contextSize: asked, fullContext }: LoadQuestion, contextSize: number): string {
  return asked === undefined && contextSize < fullContext ? ` (of ${fullContext})` : '';
}
