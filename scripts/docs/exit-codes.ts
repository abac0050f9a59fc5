import { ERROR_CODES, EXIT_CODES } from '../../src/lib/errors.ts';
import { markdownCode, markdownTable, markdownText } from './markdown.ts';

/** The page of the exit codes and of the error codes that end in them. */
export function exitCodePage(): string {
  const exits = Object.entries(EXIT_CODES).map(([exit, meaning]) => [exit, markdownText(meaning)]);
  const errors = Object.entries(ERROR_CODES).map(([name, exit]) => [link(name), String(exit)]);
  return `# Exit codes

<!-- Made from src/lib/errors.ts by \`npm run build\`. -->

Every way the program can end. \`llamero help exit-codes\` prints the same table.

${markdownTable(['exit code', 'meaning'], exits)}

When several models of one command fail, the exit code is that of the first failure. A signal that
llamero cannot catch ends it as the system says: 137 after \`kill -9\`.

## Error codes

The \`code\` of an error with \`--json\` (see [scripting](scripting.md)), and the exit code it ends
in. What each means and what to do about it stands in [troubleshooting](troubleshooting.md).

${markdownTable(['error code', 'exit code'], errors)}
`;
}

function link(name: string): string {
  // An end that is no failure has no story.
  if (ERROR_CODES[name as keyof typeof ERROR_CODES] === 0) return markdownCode(name);
  return `[${markdownCode(name)}](troubleshooting.md#${name.toLowerCase()})`;
}
