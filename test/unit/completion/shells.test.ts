import { describe, expect, test } from 'vitest';

import { SCRIPTS } from '../../../src/lib/completion/scripts/scripts.ts';
import {
  readQuestion,
  type Shell,
  SHELLS,
  writeAnswer,
} from '../../../src/lib/completion/shells.ts';

const ANSWER = {
  candidates: [
    { value: 'ana/tiny:Q8_0', description: 'C:\\ and\tone\u001B[31m\nline' },
    { value: 'models.', goesOn: true },
  ],
  files: false,
};

describe('the answer to a shell', () => {
  const asked: Readonly<Record<Shell, readonly string[]>> = {
    bash: ['llamero run ana/tiny:', '', ':'],
    zsh: ['1', 'run', 'ana/tiny:'],
    fish: ['1', 'run', 'ana/tiny:'],
    powershell: ['1', 'run', 'ana/tiny:'],
  };
  test.each<[Shell, string]>([
    ['bash', 'words\nQ8_0 \n\n'],
    ['zsh', 'words\n-ana/tiny\\:Q8_0:C\\:\\\\ and one[31m line\n+models.\n'],
    ['fish', 'words\nana/tiny:Q8_0\tC:\\ and one[31m line\nmodels.\n'],
    ['powershell', 'words\nana/tiny:Q8_0\tC:\\ and one[31m line\nmodels.\n'],
  ])('%s', (shell, expected) => {
    const question = readQuestion(shell, asked[shell]);
    expect(question.line).toEqual({ before: ['run'], current: 'ana/tiny:', after: [] });
    expect(writeAnswer(shell, ANSWER, question)).toBe(expected);
  });

  test('inside quotes of bash no blank follows, the quote is still to be closed', () => {
    const question = readQuestion('bash', ['llamero run "ana', '', ':']);
    expect(writeAnswer('bash', ANSWER, question)).toBe('words\nana/tiny:Q8_0\nmodels.\n');
  });

  test('files are left to the shell', () => {
    const question = readQuestion('fish', ['2', 'run', '--image', '']);
    expect(writeAnswer('fish', { candidates: [], files: true }, question)).toBe('files\n');
  });

  test('a long description is cut', () => {
    const question = readQuestion('fish', ['0', '']);
    const candidates = [{ value: 'a', description: 'x'.repeat(500) }];
    const text = writeAnswer('fish', { candidates, files: false }, question);
    expect(text).toBe(`words\na\t${'x'.repeat(99)}…\n`);
  });

  test('an empty word at the end need not be handed over', () => {
    const { line } = readQuestion('powershell', ['1', 'run']);
    expect(line).toEqual({ before: ['run'], current: '', after: [] });
  });
});

describe('the scripts', () => {
  test.each(SHELLS)(
    '%s: asks the program, silently, and evaluates nothing of the answer',
    (shell) => {
      const script = SCRIPTS[shell];
      expect(script).toContain(`__complete ${shell}`);
      expect(script).toMatch(/2>(?:\/dev\/null|\$null)/u);
      const code = script.replaceAll(/^#.*$/gmu, '');
      expect(code).not.toMatch(/\beval\b|Invoke-Expression|\biex\b/u);
    },
  );

  // There is no package of PowerShell to try it with.
  test('powershell: hands over the words, and takes value and description apart at the tab', () => {
    expect(SCRIPTS.powershell).toMatchInlineSnapshot(`
      "# Completion of llamero for PowerShell: llamero completion powershell | Out-String | Invoke-Expression
      Register-ArgumentCompleter -Native -CommandName llamero -ScriptBlock {
          param($wordToComplete, $commandAst, $cursorPosition)
          $before = @($commandAst.CommandElements | Select-Object -Skip 1 |
              Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
              ForEach-Object { if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text } })
          $words = @($before)
          # An empty word would get lost on the way to a program.
          if ($wordToComplete) { $words += $wordToComplete }
          $answer = @(llamero __complete powershell $before.Count @words 2>$null)
          $answer | Select-Object -Skip 1 | ForEach-Object {
              $value, $description = $_ -split "\`t", 2
              if (-not $description) { $description = $value }
              [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $description)
          }
      }
      "
    `);
  });
});
