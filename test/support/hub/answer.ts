import type { StoredFile } from './stored-file.ts';

/** A part of a file, from `start` up to, not including, `end`. */
export interface FileSlice {
  readonly file: StoredFile;
  readonly start: number;
  readonly end: number;
}

/** What a host answers, before it is sent and before a fault touches it. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | FileSlice;
}

/** Ends the work on a request with an answer, usually an error. */
export class Refusal extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super(`The request is answered with ${answer.status}`);
    this.answer = answer;
  }
}

export function jsonAnswer(
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: Buffer.from(JSON.stringify(body)),
  };
}

export function textAnswer(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
    body: Buffer.from(body),
  };
}
