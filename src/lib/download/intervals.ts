/** A run of bytes: from `start` up to but without `end`. */
export type Interval = readonly [start: number, end: number];

/** Runs of bytes in ascending order that neither touch nor overlap, none of them empty. */
export type Intervals = readonly Interval[];

/** Whether a list is in order and lies within a file of a size: what a journal claims may not. */
export function areIntervals(list: Intervals, size: number): boolean {
  let last = -1;
  return list.every(([start, end]) => {
    const fits = start > last && start < end && end <= size;
    last = end;
    return fits;
  });
}

/** The bytes that are in either. */
export function addInterval(list: Intervals, added: Interval): Intervals {
  if (added[0] >= added[1]) return list;
  const before = list.filter(([, end]) => end < added[0]);
  const after = list.filter(([start]) => start > added[1]);
  const touching = list.slice(before.length, list.length - after.length);
  const start = Math.min(added[0], touching[0]?.[0] ?? added[0]);
  const end = Math.max(added[1], touching.at(-1)?.[1] ?? added[1]);
  return [...before, [start, end], ...after];
}

/** The bytes that are in the list and not in the one taken away. */
export function takeInterval(list: Intervals, taken: Interval): Intervals {
  if (taken[0] >= taken[1]) return list;
  return list.flatMap(([start, end]) => {
    const rest: Interval[] = [
      [start, Math.min(end, taken[0])],
      [Math.max(start, taken[1]), end],
    ];
    return rest.filter(([from, to]) => from < to);
  });
}

/** The bytes of a file of a size that are not in the list. */
export function gapsOf(list: Intervals, size: number): Intervals {
  return list.reduce(takeInterval, size > 0 ? [[0, size]] : []);
}

/** How many bytes a list holds. */
export function lengthOf(list: Intervals): number {
  return list.reduce((sum, [start, end]) => sum + end - start, 0);
}

/** Up to where a list holds every byte from the beginning. */
export function frontierOf(list: Intervals): number {
  const [first] = list;
  return first?.[0] === 0 ? first[1] : 0;
}

/** The part of a list that lies below a length. */
export function clipIntervals(list: Intervals, length: number): Intervals {
  return takeInterval(list, [length, Number.POSITIVE_INFINITY]);
}
