/**
 * The script for bash, from 3.2 on, which macOS has. It needs no bash-completion: where bash cuts a
 * word at a colon, the program is told and answers with what is missing. Answers are data from
 * the first to the last line: nothing in them is ever evaluated.
 */
export const BASH_SCRIPT = `# Completion of llamero for bash: source <(llamero completion bash)
_llamero() {
  local program=llamero kind line
  [[ $1 == */* && -x $1 ]] && program=$1
  COMPREPLY=()
  {
    IFS= read -r kind
    while IFS= read -r line; do
      COMPREPLY[\${#COMPREPLY[@]}]=$line
    done
  } < <("$program" __complete bash "\${COMP_LINE:0:COMP_POINT}" "\${COMP_LINE:COMP_POINT}" \\
    "$COMP_WORDBREAKS" 2>/dev/null </dev/null)
  # bash 3.2 has no compopt, and without it no way to complete files with their quotes.
  if [[ $kind == files && \${#COMPREPLY[@]} == 0 ]]; then
    compopt -o default +o nospace 2>/dev/null
  fi
  return 0
}
complete -o nospace -F _llamero llamero
`;
