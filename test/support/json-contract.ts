import { readFileSync } from 'node:fs';
import path from 'node:path';

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

const ROOT = path.resolve(import.meta.dirname, '../..');

interface Manifest {
  readonly commands: Readonly<
    Record<
      string,
      {
        readonly id: string;
        readonly aliases: readonly string[];
        readonly hiddenAliases: readonly string[];
      }
    >
  >;
}

/** What a run of the program printed. */
interface Printed {
  readonly exitCode: number;
  readonly stdout: string;
}

const validators = new Map<string, ValidateFunction>();

/**
 * Holds what a command printed as JSON against the schemas of docs/schema: the document of the
 * command or an error, and before it the events where a command streams. A key that no schema knows
 * is a mistake here, although it is none for users: more keys may join, but not unsaid. Output of a
 * run without JSON, or of one that was killed before its document, is let through.
 *
 * @throws Error with the command, what is wrong, and the document
 */
export function checkJson(words: readonly string[], { exitCode, stdout }: Printed): void {
  const end = words.indexOf('--');
  const own = end === -1 ? words : words.slice(0, end);
  const output = own.join(' ').match(/--output[= ](stream-json|json)/u)?.[1];
  if (!own.includes('--json') && output === undefined) return;
  const command = commandOf(own);
  // An unknown command fails before anybody reads its flags; a killed one says nothing any more.
  if (command === undefined || (stdout === '' && exitCode !== 0)) return;
  if (output === 'stream-json') {
    for (const line of linesOf(stdout)) check(words, 'run-event', JSON.parse(line));
    return;
  }
  const events = command === 'pull' ? linesOf(stdout).slice(0, -1) : [];
  for (const line of events) check(words, 'pull-event', JSON.parse(line));
  const text = command === 'pull' ? (linesOf(stdout).at(-1) ?? '') : stdout;
  const document: unknown = JSON.parse(text);
  check(words, isError(document) ? 'error' : command.replaceAll(':', '-'), document);
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function isError(document: unknown): boolean {
  if (typeof document !== 'object' || document === null) return false;
  return Object.keys(document).join(' ') === 'error';
}

/** The id of the command that words begin with, by its own name or another. */
function commandOf(words: readonly string[]): string | undefined {
  const { commands } = JSON.parse(read('oclif.manifest.json')) as Manifest;
  const typed = words.filter((word) => !word.startsWith('-'));
  for (const length of [2, 1]) {
    const name = typed.slice(0, length).join(':');
    const found = Object.values(commands).find(({ aliases, hiddenAliases, id }) =>
      [id, ...aliases, ...hiddenAliases].includes(name),
    );
    if (found !== undefined) return found.id;
  }
  return undefined;
}

function check(words: readonly string[], schema: string, document: unknown): void {
  let validate = validators.get(schema);
  if (validate === undefined) {
    // The documents hold what a format would say nothing more about.
    const ajv = new Ajv2020({ allErrors: true, validateFormats: false });
    validate = ajv.compile(closed(JSON.parse(read(`docs/schema/${schema}.json`))) as object);
    validators.set(schema, validate);
  }
  if (validate(document)) return;
  const reasons = (validate.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `  ${instancePath === '' ? '/' : instancePath} ${message ?? ''} ${JSON.stringify(params)}`,
  );
  throw new Error(
    `llamero ${words.join(' ')} printed what docs/schema/${schema}.json does not describe:\n${reasons.join('\n')}\n${JSON.stringify(document, undefined, 2)}`,
  );
}

/** A schema in which objects have no keys but those it names. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const parts = Object.entries(schema).map(([key, value]) => [key, closed(value)] as const);
  const isObject = 'properties' in schema && !('additionalProperties' in schema);
  return { ...Object.fromEntries(parts), ...(isObject ? { additionalProperties: false } : {}) };
}

function read(name: string): string {
  return readFileSync(path.join(ROOT, name), 'utf8');
}
