import ArgumentParser
import Foundation
import HubCore

@main
struct Hubctl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hubctl",
        abstract: "Work with model repositories on a hub.",
        discussion: """
            A first push:

              hubctl login http://127.0.0.1:8080 --token TOKEN
              hubctl repo create alice/tiny
              hubctl clone alice/tiny && cd tiny
              hubctl commit -a -m "first weights" && hubctl push

            Exit codes: 0 done; 1 conflicts, a failed validation or a refused push; 2 anything else that failed;
            64 a command line that makes no sense.
            """,
        version: HubVersion.current,
        subcommands: [
            Login.self, Whoami.self, Repo.self, Init.self, Clone.self, Status.self, Add.self, Commit.self, Push.self,
            Pull.self,
            Log.self, Branch.self, Tag.self, Fork.self, Sync.self, Diff.self, Merge.self, PullRequest.self, Show.self,
            Validate.self,
            SSHKeys.self, Convert.self, Completion.self, GitCredentialHelper.self, LFSAgent.self,
        ]
    )

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let error as HubError {
            Terminal.complain("hubctl: \(error)")
            exit(withError: ExitCodes.code(of: error))
        } catch  where exitCode(for: error) != .failure {
            // A command line that makes no sense, a wish for help, or a code that a command chose.
            exit(withError: error)
        } catch let code as ExitCode {
            exit(withError: code)
        } catch {
            Terminal.complain("hubctl: \(error)")
            exit(withError: ExitCodes.failed)
        }
    }
}
