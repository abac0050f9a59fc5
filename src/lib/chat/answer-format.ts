import { LlameroError } from '../errors.ts';
import { readUserText } from './user-file.ts';

/** The form that an answer is held to. */
export type AnswerFormat =
  | { readonly type: 'json' }
  | { readonly type: 'schema'; readonly schema: Readonly<Record<string, unknown>> }
  | { readonly type: 'grammar'; readonly grammar: string };

const WHAT_IT_MAY_BE = 'It may be `json`, a file with a JSON schema, or a grammar in a .gbnf file';

/**
 * Reads the form of an answer: `json`, the path of a JSON schema, or of a grammar (`.gbnf`).
 *
 * @throws LlameroError FILE_NOT_FOUND; USAGE when the file is no schema and no grammar
 */
export async function readAnswerFormat(text: string, cwd: string): Promise<AnswerFormat> {
  if (text.toLowerCase() === 'json') return { type: 'json' };
  const { name, text: content } = await readUserText(text, cwd, WHAT_IT_MAY_BE);
  if (/\.gbnf$/iu.test(name)) {
    // https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md
    if (/^\s*root\s*::=/mu.test(content)) return { type: 'grammar', grammar: content };
    throw new LlameroError('USAGE', `${name} is no grammar: it has no rule «root»`, {
      hint: 'A grammar begins with a rule like `root ::= "yes" | "no"`',
    });
  }
  const schema = parse(content, name);
  if (isObject(schema)) return { type: 'schema', schema };
  throw new LlameroError('USAGE', `${name} is no JSON schema: it holds no object`, {
    hint: 'A schema looks like {"type":"object","properties":{"name":{"type":"string"}}}',
  });
}

function parse(content: string, name: string): unknown {
  try {
    return JSON.parse(content);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new LlameroError('USAGE', `${name} is no JSON: ${why}`, {
      hint: WHAT_IT_MAY_BE,
      cause: error,
    });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
