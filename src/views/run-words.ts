/** The words of a command line, taken apart before its flags are read. */
export interface RunWords {
  readonly words: readonly string[];
  /** What follows `--`: flags of llama-server, word for word. */
  readonly engineWords: readonly string[];
}

/** What an id of a conversation looks like; a reference to a model holds more than that. */
const ID = /^[a-z0-9]{1,8}$/iu;

/**
 * Takes off what follows `--`, and gives `--resume` a value of its own: the word after it when that
 * can be an id, else an empty one. The parser of the flags knows no value that may be left out.
 */
export function separateWords(argv: readonly string[]): RunWords {
  const end = argv.indexOf('--');
  const given = end === -1 ? argv : argv.slice(0, end);
  const words: string[] = [];
  for (let index = 0; index < given.length; index += 1) {
    const word = given[index] ?? '';
    if (word !== '--resume') {
      words.push(word);
      continue;
    }
    const next = given[index + 1];
    const id = next !== undefined && ID.test(next) ? next : '';
    words.push(`--resume=${id}`);
    if (id !== '') index += 1;
  }
  return { words, engineWords: end === -1 ? [] : argv.slice(end + 1) };
}
