/** Words of llama-server's log, and what they mean to somebody who does not know its insides. */
const WORDS: readonly (readonly [RegExp, (...groups: string[]) => string])[] = [
  [/^spawning server instance with name=\S+ on port (\d+)$/u, (port) => `starts, on port ${port}`],
  [/^loading model '(.*)'$/u, (file) => `loads ${file}`],
  [/^model loaded$/u, () => 'is ready'],
  [/^server is entering sleeping state$/u, () => 'sleeps: its memory is free'],
  [/^server is exiting sleeping state$/u, () => 'wakes up'],
  [/^instance name=\S+ exited with status (-?\d+)$/u, (status) => `has ended (status ${status})`],
  [/^stopping model instance name=\S+$/u, () => 'is unloaded'],
  [
    /prompt eval time = .*\/ +(\d+) tokens .*?([\d.]+) tokens per second\)$/u,
    (count, rate) => `prompt: ${count} tokens, ${rate} tokens/s`,
  ],
  [
    /\beval time = .*\/ +(\d+) tokens .*?([\d.]+) tokens per second\)$/u,
    (count, rate) => `answer: ${count} tokens, ${rate} tokens/s`,
  ],
  [/^cancel task, id_task = \d+$/u, () => 'a client left before its answer was whole'],
  [/^starting server in router mode\b.*$/u, () => 'the server starts'],
];

/** A message of llama-server in plain words, where there are any; else the message itself. */
export function plainWords(message: string): string {
  for (const [pattern, words] of WORDS) {
    const match = pattern.exec(message);
    if (match !== null) return words(...match.slice(1));
  }
  return message;
}
