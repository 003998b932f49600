import ArgumentParser
import Foundation
import HubCore
import HubDatabase
import HubServices

struct Admin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Manage people, organisations, tokens and SSH keys; works while the hub runs.",
        subcommands: [UserCommands.self, OrganizationCommands.self, TokenCommands.self, SSHKeyCommands.self]
    )
}

struct UserCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Manage people.", subcommands: [Create.self, List.self, Remove.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create a user.")

        @Argument(help: "The user's name.") var name: String
        @Flag(help: "Let the user administer the hub.") var admin = false
        @OptionGroup var data: DataOption

        func run() async throws {
            let accounts = try data.accounts()
            let user = try await accounts.createUser(name, isAdmin: admin)
            print("Created the user \(user.name). Make a token with: hubd admin token create \(user.name)")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the people of the hub.")

        @OptionGroup var data: DataOption

        func run() async throws {
            for user in try await data.accounts().users() {
                print(user.isAdmin ? "\(user.name)\tadministrator" : user.name)
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a user with all tokens and memberships; their repositories must be deleted first.")

        @Argument(help: "The user's name.") var name: String
        @Flag(help: "Do it without asking.") var yes = false
        @OptionGroup var data: DataOption

        func run() async throws {
            guard yes else { throw HubError.invalid("this removes the user \(name) for good; repeat it with --yes") }
            let isGone = try await data.accounts().removeUser(name)
            print(
                isGone
                    ? "Removed the user \(name)."
                    : "The user \(name) has no way in any more; the name stays, because what they wrote bears it.")
        }
    }
}

struct OrganizationCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "org", abstract: "Manage organisations.", subcommands: [Create.self, Member.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create an organisation.")

        @Argument(help: "The organisation's name.") var name: String
        @Option(help: "The user who will administer it.") var owner: String
        @OptionGroup var data: DataOption

        func run() async throws {
            let organization = try await data.accounts().createOrganization(name, administrator: owner)
            print("Created the organisation \(organization.name), administered by \(owner).")
        }
    }

    struct Member: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a user a role in an organisation, or take it away.",
            discussion: "Example: hubd admin org member acme alice --role write"
        )

        @Argument(help: "The organisation.") var organization: String
        @Argument(help: "The user.") var user: String
        @Option(help: "read, contribute, write or admin; leave it out to remove the user.") var role: String?
        @OptionGroup var data: DataOption

        func run() async throws {
            let role = try role.map { text in
                guard let role = Role(rawValue: text), Role.ofMembers.contains(role) else {
                    throw HubError.invalid("'\(text)' is not a role; expected read, contribute, write or admin")
                }
                return role
            }
            try await data.accounts().setMember(user, of: organization, role: role)
            print(
                role.map { "\(user) has the role '\($0.rawValue)' in \(organization)." }
                    ?? "\(user) has left \(organization).")
        }
    }
}

struct TokenCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Manage access tokens.",
        subcommands: [Create.self, List.self, Revoke.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create an access token and print it; it is not shown again.")

        @Argument(help: "Whose token it is.") var user: String
        @Option(help: "What it may be used for: read, write or admin.") var scope = "write"
        @Option(help: "A name to know it by.") var name = "command line"
        @Option(help: "Days until it expires; without it, never.") var days: Int?
        @OptionGroup var data: DataOption

        func run() async throws {
            guard let scope = TokenScope(rawValue: scope) else {
                throw HubError.invalid("'\(scope)' is not a scope; expected read, write or admin")
            }
            if let days, !(1...36500).contains(days) {
                throw HubError.invalid("--days is \(days); expected 1 to 36500")
            }
            let token = try await data.accounts().createToken(
                for: user, name: name, scope: scope, lifetime: days.map { Int64($0) * 86_400 })
            print(token.text)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List a user's access tokens: number, scope, name, since when and until when.")

        @Argument(help: "Whose tokens they are.") var user: String
        @OptionGroup var data: DataOption

        func run() async throws {
            let tokens = try await data.accounts().tokens(of: user)
            guard !tokens.isEmpty else { return print("\(user) has no tokens.") }
            let now = Now.system.seconds
            for token in tokens {
                let created = Self.day(token.createdAt)
                let end = token.expiresAt.map { "\(token.hasExpired(at: now) ? "expired" : "until") \(Self.day($0))" }
                print("\(token.id)\t\(token.scope.rawValue)\t\(token.name)\tsince \(created)\t\(end ?? "no end")")
            }
        }

        private static func day(_ seconds: Int64) -> String {
            Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601.year().month().day())
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a token worthless, at once.",
            discussion: "Examples: hubd admin token revoke alice 7; hubd admin token revoke alice --all")

        @Argument(help: "Whose token it is.") var user: String
        @Argument(help: "Its number in 'hubd admin token list'.") var number: Int64?
        @Flag(help: "Revoke all of the user's tokens.") var all = false
        @OptionGroup var data: DataOption

        func validate() throws {
            guard all != (number != nil) else {
                throw ValidationError("Name the token by its number in 'hubd admin token list', or all with --all.")
            }
        }

        func run() async throws {
            let accounts = try data.accounts()
            guard let number else {
                return print("Revoked tokens of \(user): \(try await accounts.revokeAllTokens(of: user)).")
            }
            try await accounts.revokeToken(number, of: user)
            print("Revoked token \(number) of \(user).")
        }
    }
}

extension DataOption {
    /// The accounts of an existing hub, whether it runs or not.
    fileprivate func accounts() throws -> AccountService {
        AccountService(database: try existingDatabase())
    }
}
