import type { HLJSApi } from 'highlight.js';

import { languageName, loadLanguage } from './languages.ts';

/** A stretch of code of one scope; the scope is empty where nothing was found. */
export interface CodeRun {
  readonly text: string;
  readonly scope: string;
}

/** Code with its scopes. `closed`: whether nothing is open at its end. */
export interface HighlightedCode {
  readonly runs: readonly CodeRun[];
  readonly closed: boolean;
}

const PIECE = /<span class="([^"]*)">|(<\/span>)|([^<]+)/gu;
const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#x27;': "'",
};

/** highlight.js and its languages, loaded when they are first asked for. */
export class Highlighter {
  #core: HLJSApi | undefined;
  #loading = new Map<string, Promise<void>>();

  /** Loads a language by what a code block calls it. An unknown one stays plain. */
  async load(tag: string): Promise<void> {
    const name = languageName(tag);
    if (name === undefined) return;
    const loading = this.#loading.get(name) ?? this.#register(name);
    this.#loading.set(name, loading);
    await loading;
  }

  /** Begins to load a language, for the lines that come after it is there. */
  request(tag: string): void {
    this.load(tag).catch(() => {
      // An answer without colours is better than none.
    });
  }

  /** Highlights code; undefined as long as the language is not there. */
  highlight(tag: string, code: string): HighlightedCode | undefined {
    const name = languageName(tag);
    if (name === undefined || this.#core?.getLanguage(name) === undefined) return undefined;
    const { _top: top, value } = this.#core.highlight(code, {
      language: name,
      ignoreIllegals: true,
    });
    const closed = top !== undefined && !('parent' in top && top.parent !== undefined);
    return { runs: readRuns(value), closed };
  }

  async #register(name: Parameters<typeof loadLanguage>[0]): Promise<void> {
    const [{ default: core }, language] = await Promise.all([
      import('highlight.js/lib/core'),
      loadLanguage(name),
    ]);
    this.#core ??= core.newInstance();
    this.#core.registerLanguage(name, language);
  }
}

/** The runs in what highlight.js returns: text, entities and spans with a class. */
function readRuns(html: string): CodeRun[] {
  const runs: CodeRun[] = [];
  const scopes: string[] = [];
  for (const [, opened, closed, text] of html.matchAll(PIECE)) {
    if (opened !== undefined) scopes.push(opened.replace(/^hljs-/u, ''));
    else if (closed !== undefined) scopes.pop();
    else if (text !== undefined) runs.push({ text: unescape(text), scope: scopes.at(-1) ?? '' });
  }
  return runs;
}

function unescape(text: string): string {
  return text.replaceAll(/&(?:amp|lt|gt|quot|#x27);/gu, (entity) => ENTITIES[entity] ?? entity);
}
