#compdef digestbot
# Completion of digestbot in zsh: source <(digestbot completion zsh)
_digestbot() {
  local -a lines
  lines=("${(@f)$("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -z "${lines[*]}" ]]; then
    _files
    return
  fi
  lines=("${(@)lines//:/\\:}")
  lines=("${(@)lines/$'\t'/:}")
  _describe digestbot lines
}
if [[ "${funcstack[1]}" = _digestbot ]]; then
  _digestbot
else
  compdef _digestbot digestbot
fi
