namespace Skald.Cli.Completion;

/// <summary>Scripts that ask <c>skald</c> itself what may come next, so that they need no change when it has more commands.</summary>
internal static class CompletionScripts
{
    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>
    {
        ["bash"] = """
            # skald completion for bash. In ~/.bashrc: eval "$(skald completion bash)"
            _skald() {
                local IFS=$'\n' cur="${COMP_WORDS[COMP_CWORD]}"
                COMPREPLY=($(compgen -W "$(skald "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "$cur"))
            }
            complete -F _skald skald
            """,
        ["zsh"] = """
            #compdef skald
            # skald completion for zsh. In ~/.zshrc: eval "$(skald completion zsh)"
            _skald() {
                local -a found
                found=("${(@f)$(skald "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
                compadd -- "${found[@]}"
            }
            compdef _skald skald
            """,
        ["fish"] = """
            # skald completion for fish. In ~/.config/fish/completions/skald.fish: skald completion fish | source
            function __skald_suggest
                set -l line (commandline -cp)
                skald "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
            end
            complete -f -c skald -a '(__skald_suggest)'
            """,
        ["pwsh"] = """
            # skald completion for PowerShell. In $PROFILE: skald completion pwsh | Out-String | Invoke-Expression
            Register-ArgumentCompleter -Native -CommandName skald -ScriptBlock {
                param($wordToComplete, $commandAst, $cursorPosition)
                $line = $commandAst.ToString().PadRight($cursorPosition)
                skald "[suggest:$cursorPosition]" $line 2>$null | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
                    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
                }
            }
            """,
    };
}
