import HubChunks
package import HubCore
import HubDatabase
import HubGit

extension HubError {
    /// What a full disk means to whoever asked, wherever a store met it; nil for every other failure.
    package init?(ofFullDisk error: any Error) {
        let isFull =
            switch error {
            case SQLError.full: true
            case let error as GitError: error.code == .diskFull
            case let error as FileError: error.isFull
            default: false
            }
        guard isFull else { return nil }
        self = .unavailable("the hub's disk is full; try again when there is room")
    }
}
