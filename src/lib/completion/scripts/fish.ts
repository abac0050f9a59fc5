/** The script for fish, from 3.0 on: to be sourced, or to lie as `llamero.fish` among its completions. */
export const FISH_SCRIPT = `# Completion of llamero for fish: llamero completion fish | source
function __llamero_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program llamero
    if string match -q -- '*/*' $words[1]; and test -x "$words[1]"
        set program $words[1]
    end
    set -e words[1]
    set -l answer ($program __complete fish (count $words) $words "$current" 2>/dev/null </dev/null)
    set -l kind $answer[1]
    set -e answer[1]
    if test "$kind" = files
        set -l start (string match -r -- '^--[^=]+=' $current)
        for path in (__fish_complete_path (string replace -r -- '^--[^=]+=' '' $current))
            printf '%s\\n' "$start$path"
        end
    end
    for line in $answer
        printf '%s\\n' $line
    end
end
complete -c llamero -f -k -a '(__llamero_complete)'
`;
