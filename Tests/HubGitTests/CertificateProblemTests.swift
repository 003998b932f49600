import HubGit
import Testing

struct CertificateProblemTests {
    @Test(arguments: [
        (
            "the SSL certificate is invalid: 0x08 - The certificate is not correctly signed by the trusted CA",
            CertificateProblem.untrusted
        ),
        ("the SSL certificate is invalid: 0x0c - The certificate Common Name (CN) does not match", .untrusted),
        ("the SSL certificate is invalid: 0x04 - The certificate Common Name (CN) does not match", .otherName),
        ("the SSL certificate is invalid: 0x01 - The certificate validity has expired", .notNow),
        ("the SSL certificate is invalid: 0x200 - The certificate validity starts in the future", .notNow),
        ("the SSL certificate is invalid", .other("the SSL certificate is invalid")),
    ])
    func `what libgit2 says about a certificate is understood`(message: String, problem: CertificateProblem) {
        #expect(CertificateProblem(libgit2: message) == problem)
    }
}
