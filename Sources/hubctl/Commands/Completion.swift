import ArgumentParser

struct Completion: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print a script that lets your shell complete hubctl's commands.",
        discussion: """
              bash   hubctl completion bash > ~/.local/share/bash-completion/completions/hubctl
              zsh    hubctl completion zsh > "${fpath[1]}/_hubctl"
              fish   hubctl completion fish > ~/.config/fish/completions/hubctl.fish
            """)

    @Argument(help: "bash, zsh or fish") var shell: String

    func run() throws {
        guard let known = CompletionShell(rawValue: shell) else {
            throw ValidationError("'\(shell)' is not a shell hubctl knows; there are bash, zsh and fish.")
        }
        Swift.print(Hubctl.completionScript(for: known))
    }
}
