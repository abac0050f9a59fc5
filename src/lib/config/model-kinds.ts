import { type Kind, duration, filePath } from './kinds.ts';

/** How long an idle model keeps its memory, in seconds: a duration, 0 for not at all, -1 for ever. */
export const keepAlive: Kind<number> = {
  expects: 'a duration such as 90s, 30m or 1h, 0 to free the memory at once, or -1 for never',
  parse(raw, place) {
    const text = String(raw).trim().toLowerCase();
    // `-1m` and the like mean «never» to ollama, which is where people have them from.
    if (text === 'never' || /^-\d+(?:s|m|h)?$/u.test(text)) return -1;
    return /^0+(?:s|m|h)?$/u.test(text) ? 0 : duration.parse(raw, place);
  },
  format: (value) => (value <= 0 ? String(value) : duration.format(value)),
};

/** The path of a file, or a word that stands for none. */
export function filePathOr(word: string): Kind<string> {
  return {
    expects: `${filePath.expects}, or ${word}`,
    parse(raw, place) {
      const isWord = typeof raw === 'string' && raw.trim().toLowerCase() === word;
      return isWord ? word : filePath.parse(raw, place);
    },
    format: (value) => value,
    written: (text, value) => (value === word ? value : (filePath.written?.(text, value) ?? value)),
  };
}

/** Paths of files with commas between them, made absolute. */
export const filePaths: Kind<string> = {
  expects: 'the path of a file, or several with commas between them',
  parse(raw, place) {
    if (typeof raw !== 'string') return undefined;
    const paths = raw.split(',').map((part) => filePath.parse(part, place));
    return paths.includes(undefined) ? undefined : paths.join(',');
  },
  format: (value) => value,
  written: (text, value) => (text.startsWith('~') && !text.includes(',') ? text : value),
};

/** A model of the store by its reference, or the path of a file, made absolute. */
export const modelOrFile: Kind<string> = {
  expects: 'the reference of a stored model, or the path of a .gguf file',
  parse(raw, place) {
    const text = typeof raw === 'string' ? raw.trim() : '';
    return isModelReference(text) ? text : filePath.parse(raw, place);
  },
  format: (value) => value,
  written: (text, value) =>
    isModelReference(text) ? text : (filePath.written?.(text, value) ?? value),
};

/** Whether a text is `user/repo` or `user/repo:QUANT` and no path of a file. */
export function isModelReference(text: string): boolean {
  return /^\w[\w.-]*\/\w[\w.-]*(?:[:@][\w.-]+)?$/u.test(text) && !/\.gguf$/iu.test(text);
}

/** The value of a flag of llama-server: whatever one line holds; true or false for a switch. */
export const argument: Kind<string | number | boolean> = {
  expects: 'text of one line, a number, or true or false for a switch',
  parse(raw) {
    if (typeof raw === 'boolean') return raw;
    if (typeof raw === 'number') return Number.isFinite(raw) ? raw : undefined;
    const text = typeof raw === 'string' ? raw.trim() : '';
    if (text === '' || /\p{Cc}/u.test(text)) return undefined;
    if (text === 'true' || text === 'false') return text === 'true';
    const number = Number(text);
    return Number.isFinite(number) && String(number) === text ? number : text;
  },
  format: String,
};
