import { textAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import { faultOf } from './faults.ts';
import type { Fault } from './faults.ts';
import { ifRangeFails, parseRange } from './ranges.ts';
import type { HostRequest } from './request.ts';
import type { StoredFile } from './stored-file.ts';

/**
 * The answer to a GET or HEAD of a file: 200, 206, or 416, with the entity tag and, on a HEAD, the
 * length of the whole. Faults that change what a range means are taken into account here.
 */
export function fileAnswer(
  request: HostRequest,
  file: StoredFile,
  strongEtag: string,
  headers: Readonly<Record<string, string>>,
  faults: readonly Fault[],
): Answer {
  const etag = faultOf(faults, 'etag')?.value ?? strongEtag;
  const common = { 'accept-ranges': 'bytes', etag, ...headers };
  const ignored =
    request.method !== 'GET' ||
    faultOf(faults, 'ignore-range') !== undefined ||
    faultOf(faults, 'gzip') !== undefined ||
    ifRangeFails([request.headers['if-range']].flat()[0], etag);
  const range = parseRange(ignored ? undefined : request.headers.range, file.size);
  if (range.kind === 'unsatisfiable') {
    return textAnswer(416, 'The requested range is not satisfiable', {
      ...common,
      'content-range': `bytes */${file.size}`,
    });
  }
  if (range.kind === 'whole') {
    return { status: 200, headers: common, body: { file, start: 0, end: file.size } };
  }
  const { start, end } = range;
  const contentRange =
    faultOf(faults, 'content-range')?.value ?? `bytes ${start}-${end - 1}/${file.size}`;
  return {
    status: 206,
    headers: { ...common, 'content-range': contentRange },
    body: { file, start, end },
  };
}
