import { oneLine, redact } from '../plain-text.ts';

/** Why a process of llama-server ended, in words for the user. */
export interface Failure {
  /** One sentence without a full stop, to stand after a colon. */
  readonly reason: string;
  readonly hint: string;
}

/** What a hint may name. */
export interface FailureSubject {
  /** The model that would not load; without it the router itself would not start. */
  readonly ref?: string;
}

interface Rule {
  readonly pattern: RegExp;
  readonly reason: (match: RegExpExecArray) => string;
  readonly hint: (subject: FailureSubject) => string;
}

const model = ({ ref }: FailureSubject): string => ref ?? '<ref>';
const verifyFiles = (subject: FailureSubject): string =>
  `Check its files with \`llamero verify ${model(subject)}\`; with --repair what is damaged is fetched again`;
const newerEngine = (): string =>
  'Bring llama.cpp up to date with `llamero update`, or choose another model';
const smaller = (subject: FailureSubject): string =>
  `Use a smaller context (\`llamero run ${model(subject)} -c 4096\`), fewer GPU layers (\`--n-gpu-layers\`) or a smaller quant,\nor stop another model first (\`llamero ps\`, \`llamero stop <ref>\`)`;

/**
 * llama-server's own words and what they mean, the telling ones first. The texts stand in
 * https://github.com/ggml-org/llama.cpp under ggml/src/gguf.cpp, src/llama-model-loader.cpp,
 * src/llama-model.cpp, common/common.cpp and tools/server; seen on build 11669.
 */
const RULES: readonly Rule[] = [
  {
    pattern: /unknown model architecture: ''/u,
    reason: () => 'the file is damaged: it names no architecture',
    hint: verifyFiles,
  },
  {
    pattern: /unknown model architecture: '([^']*)'/u,
    reason: ([, name]) => `this llama.cpp does not know the model architecture ${name}`,
    hint: newerEngine,
  },
  {
    pattern: /this GGUF file is version (\d+) but this software only supports up to version (\d+)/u,
    reason: ([, file, engine]) =>
      `the file is GGUF version ${file}, this llama.cpp reads up to version ${engine}`,
    hint: newerEngine,
  },
  {
    pattern: /wrong number of tensors; expected (\d+), got (\d+)/u,
    reason: ([, expected, got]) =>
      `the file has ${expected} tensors where this llama.cpp knows ${got}`,
    hint: newerEngine,
  },
  {
    pattern: /tensor '[^']*' data is not within the file bounds/u,
    reason: () => 'the file is damaged: it ends too early',
    hint: verifyFiles,
  },
  {
    pattern: /invalid magic characters|failed to read magic/u,
    reason: () => 'the file is damaged: it is no GGUF file',
    hint: verifyFiles,
  },
  {
    pattern: /failed to read (?:header|key-value pairs|tensor info|tensor data)/u,
    reason: () => 'the file is damaged',
    hint: verifyFiles,
  },
  {
    pattern: /failed to open GGUF file '.*' \(([^)]*)\)/u,
    reason: ([, why]) => `the file cannot be opened (${why})`,
    hint: (subject) =>
      `See what is stored with \`llamero list\`; \`llamero pull ${model(subject)}\` fetches it again`,
  },
  {
    pattern:
      /invalid split count, given: (\d+) splits, but expected (\d+)|invalid split file name/u,
    reason: () => 'the parts of this split model do not belong together',
    hint: verifyFiles,
  },
  {
    pattern: /failed to load multimodal model/u,
    reason: () => 'its projector (mmproj) would not load',
    hint: newerEngine,
  },
  {
    pattern: /failed to load lora adapter/u,
    reason: () => 'its LoRA adapter would not load',
    hint: () => 'Check the `lora` setting of the model',
  },
  {
    pattern:
      /out of memory|ErrorOutOfDeviceMemory|Device memory allocation of size \d+ failed|unable to allocate \S+ buffer|failed to allocate [^\n]*(?:buffer|kv cache)|failed to initialize memory module|cudaMalloc failed|bad_alloc/iu,
    reason: () => 'there is not enough memory for it',
    hint: smaller,
  },
  {
    pattern: /no backends are loaded/u,
    reason: () => 'llama.cpp finds none of its backends (libggml-*)',
    hint: () => 'Install a whole build with `llamero update`',
  },
  {
    pattern: /error while loading shared libraries: ([^:]+):|Library not loaded: (\S+)/u,
    reason: ([, linux, mac]) => `a library is missing: ${linux ?? mac}`,
    hint: () => 'Install a build for this machine with `llamero update`',
  },
  {
    pattern: /couldn't bind HTTP server socket, hostname: (\S+), port: (\d+)/u,
    reason: ([, host, port]) => `port ${port} on ${host} is taken or may not be used`,
    hint: () =>
      'Choose another port: `llamero config set server.port <port>`, or LLAMERO_PORT=<port> for one command',
  },
  {
    pattern: /option '([^']*)' not recognized in preset '([^']*)'/u,
    reason: ([, key]) => `this llama-server does not know the setting ${key}`,
    hint: () => 'Look at the settings with `llamero config list`',
  },
  {
    pattern: /error: invalid argument: (\S+)/u,
    reason: ([, flag]) => `this llama-server does not know the flag ${flag}`,
    hint: newerEngine,
  },
  {
    pattern: /error while handling argument "([^"]*)": (.*)/u,
    reason: ([, flag, why]) => `${flag} has a bad value (${why})`,
    hint: (subject) => `See where it comes from: \`llamero explain ${model(subject)}\``,
  },
  {
    pattern: /missing tensor '|key not found in model: /u,
    reason: () => 'the file lacks a part that this llama.cpp needs',
    hint: (subject) =>
      `${newerEngine()}. If the model has run before, the file is damaged. ${verifyFiles(subject)}`,
  },
  {
    pattern: /error loading model: (?!llama_model_loader: failed to load model from)(.+)/u,
    reason: ([, why]) => String(why),
    hint: newerEngine,
  },
];

/**
 * The decisive words of a log, translated; the first error line as it stands where none is known,
 * since those after it tell of its consequences.
 *
 * @param lines the lines of the one process that ended, oldest first
 * @param logFile where the user can read it all
 */
export function explainFailure(
  lines: readonly string[],
  subject: FailureSubject,
  logFile: string,
): Failure {
  const messages = lines.map(bareMessage);
  for (const rule of RULES) {
    for (const message of messages) {
      const match = rule.pattern.exec(message);
      if (match !== null) return { reason: rule.reason(match), hint: rule.hint(subject) };
    }
  }
  const hint = `The whole log is in ${logFile}`;
  const first = lines.find((line) => ERROR_LINE.test(line));
  if (first !== undefined) return { reason: bareMessage(first), hint };
  return {
    reason:
      'its process ended without a word, as it does when the system kills it for want of memory',
    hint: subject.ref === undefined ? hint : `${smaller(subject)}\n${hint}`,
  };
}

/** What lines say of why the process that wrote them ended; undefined where that is not known. */
export function explainOwnLines(lines: readonly string[]): string | undefined {
  const messages = lines.map(bareMessage);
  for (const rule of RULES) {
    for (const message of messages) {
      const match = rule.pattern.exec(message);
      if (match !== null) return rule.reason(match);
    }
  }
  return undefined;
}

/**
 * `[port] minutes.seconds.ms.us LEVEL tag func: text`; every part before the text may be missing.
 */
const LOG_PREFIX = /^(?:\[\d+\] )?(?:[\d.]+ )?(?:[EWID] )?/u;
const ERROR_LINE = /^(?:\[\d+\] )?[\d.]+ E /u;

function bareMessage(line: string): string {
  return redact(oneLine(line.replace(LOG_PREFIX, ''))).slice(0, 500);
}

/**
 * The lines that a model's process wrote, from the log of its router: those after its last start,
 * without its port in front.
 */
export function linesOfProcess(log: string, port: number): string[] {
  const mark = `[${port}] `;
  const lines = log.split('\n');
  const started = lines.findLastIndex(
    (line) =>
      line.includes('spawning server instance') && line.trimEnd().endsWith(` on port ${port}`),
  );
  return lines
    .slice(started + 1)
    .filter((line) => line.startsWith(mark))
    .map((line) => line.slice(mark.length));
}
