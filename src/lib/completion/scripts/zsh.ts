/**
 * The script for zsh: to be sourced, or to lie as `_llamero` in a folder of `fpath`. Letters may be
 * typed in any case.
 */
export const ZSH_SCRIPT = `#compdef llamero
# Completion of llamero for zsh: source <(llamero completion zsh)
_llamero() {
  local program=llamero line
  local -a lines finished open
  [[ $words[1] == */* && -x \${(Q)words[1]} ]] && program=\${(Q)words[1]}
  lines=("\${(@f)$("$program" __complete zsh $((CURRENT - 2)) \\
    "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" "\${(@Q)words[CURRENT+1,-1]}" 2>/dev/null </dev/null)}")
  for line in "\${(@)lines[2,-1]}"; do
    case $line in
      -?*) finished+=("\${line[2,-1]}") ;;
      +?*) open+=("\${line[2,-1]}") ;;
    esac
  done
  local -a any_case=(-M 'm:{[:lower:][:upper:]}={[:upper:][:lower:]}')
  local shown=1
  if (( $#finished )); then
    _describe -V -t values llamero finished "\${any_case[@]}" && shown=0
  fi
  if (( $#open )); then
    _describe -V -t values llamero open "\${any_case[@]}" -S '' && shown=0
  fi
  if [[ \${lines[1]} == files ]]; then
    [[ $PREFIX == --*=* ]] && compset -P '*='
    _files && shown=0
  fi
  return shown
}
if [[ \${funcstack[1]} == _llamero ]]; then
  _llamero "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
  compdef _llamero llamero
fi
`;
