"""`worksupport completion`: what makes a shell complete our options, and names from the data.

Typer's own scripts are not used: they put what they offer unquoted on the command line (bash), or through
`eval` (zsh), and what we offer was written by strangers.
"""

from worksupport import output
from worksupport.context import Context
from worksupport.errors import UsageError

VARIABLE = "_WORKSUPPORT_COMPLETE"
# Typer's protocol for fish serves all three: the line up to the cursor in, one value a line out.
_ASK = f'{VARIABLE}=complete_fish _TYPER_COMPLETE_FISH_ACTION=get-args _TYPER_COMPLETE_ARGS="$line"'

_BASH = f"""\
# bash completion of worksupport; for every new shell, in ~/.bashrc:  source <(worksupport completion bash)
_worksupport() {{
    local line=${{COMP_LINE:0:COMP_POINT}} current=${{COMP_WORDS[COMP_CWORD]}} value broken
    [[ $current == [=:] ]] && current=
    # What bash takes for a word of its own, though it is the beginning of ours (`team:` of `team:web`).
    broken=${{line%"$current"}} broken=${{broken##*[[:blank:]\\'\\"]}}
    COMPREPLY=()
    while IFS=$'\\t' read -r value _; do
        [[ -n $value ]] || continue
        value=${{value#"$broken"}}
        case $current in
            \\'*) [[ $value == *\\'* ]] || COMPREPLY+=("$value") ;;
            \\"*) [[ $value == *[\\"\\$\\`\\\\!]* ]] || COMPREPLY+=("$value") ;;
            *) COMPREPLY+=("$(printf %q "$value")") ;;
        esac
    done < <({_ASK} worksupport 2>/dev/null)
}}
complete -o default -F _worksupport worksupport
"""

_ZSH = f"""\
#compdef worksupport
# zsh completion of worksupport; for every new shell, in ~/.zshrc after compinit:
#   source <(worksupport completion zsh)
_worksupport() {{
    local line="${{(j: :)words[1,CURRENT]}}" value _
    local -a values
    while IFS=$'\\t' read -r value _; do
        [[ -n $value ]] && values+=("$value")
    done < <({_ASK} worksupport 2>/dev/null)
    [[ $PREFIX == --*=* ]] && compset -P 1 '*='
    if (( $#values )); then compadd -a values; else _files; fi
}}
if [[ ${{zsh_eval_context[-1]}} == loadautofunc ]]; then
    _worksupport "$@"
else
    compdef _worksupport worksupport
fi
"""

_FISH = f"""\
# fish completion of worksupport; for every new shell:
#   worksupport completion fish > ~/.config/fish/completions/worksupport.fish
function __worksupport
    set -l line (commandline -cp)
    set -l word (commandline -ct)
    set -l option (string match -r -- '^--[^=]*=' $word; or echo '')
    set -l values ({_ASK} worksupport 2>/dev/null)
    if test -n "$values"
        printf '%s\\n' $option$values
    else
        __fish_complete_path $word
    end
end
complete --command worksupport --no-files --arguments '(__worksupport)'
"""
_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def completion(context: Context, *, shell: str) -> None:
    """Print the script for the shell."""
    if shell.casefold() not in _SCRIPTS:
        raise UsageError(f"the shell is {shell!r}; it must be one of {', '.join(_SCRIPTS)}")
    output.write(_SCRIPTS[shell.casefold()])
