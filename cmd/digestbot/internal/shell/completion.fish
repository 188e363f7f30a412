# Completion of digestbot in fish: digestbot completion fish | source
function __digestbot_complete
    set -l words (commandline -opc)
    set -l last (commandline -ct)
    $words[1] __complete -- $words[2..-1] "$last" 2>/dev/null
end
complete -c digestbot -a '(__digestbot_complete)'
