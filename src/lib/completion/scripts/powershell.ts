/**
 * The script for PowerShell, 5.1 and later. Where a file may stand it answers nothing, for which
 * PowerShell completes files by itself.
 *
 * @see https://learn.microsoft.com/powershell/module/microsoft.powershell.core/register-argumentcompleter
 */
export const POWERSHELL_SCRIPT = `# Completion of llamero for PowerShell: llamero completion powershell | Out-String | Invoke-Expression
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
`;
