import ArgumentParser

struct InferenceBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "inference")
}
