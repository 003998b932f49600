import Foundation
import HTTPTypes
import HubCore
import Hummingbird

/// The page where a person lets a program in: plain HTML, no script, nothing from elsewhere.
///
/// There is no session that another site could ride on: whoever sends the form proves who they are with a token.
struct DevicePage {
    let code: String
    let ticket: String
    var problem: String?

    func response(_ status: HTTPResponse.Status) throws -> Response {
        let shown = HTMLText.escape(String(code.filter { $0.isLetter || $0 == "-" }.prefix(20)))
        let complaint = problem.map { "<p class=\"problem\" role=\"alert\">\(HTMLText.escape($0))</p>" } ?? ""
        return Self.page(
            """
            <h1>Log a program in</h1>
            <p>A program asks to be logged in and shows a code. If you did not start it yourself, deny.</p>
            \(complaint)
            <form method="post" action="/oauth/authorize-device" autocomplete="off">
            <input type="hidden" name="ticket" value="\(HTMLText.escape(ticket))">
            <label>Code shown by the program
            <input name="user_code" value="\(shown)" required maxlength="20" spellcheck="false"></label>
            <label>An access token of yours
            <input name="token" type="password" required maxlength="200" autocomplete="off"></label>
            <label>The program may
            <select name="scope"><option value="write">read and write</option>
            <option value="read">read</option></select></label>
            <p><button name="decision" value="approve">Let it in</button>
            <button name="decision" value="deny">Deny</button></p>
            </form>
            """, status: status)
    }

    static func done(_ sentence: String) throws -> Response {
        page("<h1>Log a program in</h1><p role=\"status\">\(HTMLText.escape(sentence))</p>", status: .ok)
    }

    private static func page(_ content: String, status: HTTPResponse.Status) -> Response {
        let nonce = UUID().uuidString
        let page = """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>Log a program in</title>
            <meta name="viewport" content="width=device-width">
            <style nonce="\(nonce)">
            body{font:16px/1.5 system-ui,sans-serif;max-width:32em;margin:3em auto;padding:0 1em;color:#222}
            label{display:block;margin:1em 0}input,select{display:block;width:100%;box-sizing:border-box;padding:.5em}
            button{padding:.6em 1.2em;margin-right:1em}.problem{background:#fdd;padding:.7em}
            </style></head><body><main>
            \(content)
            </main></body></html>
            """
        var response = Answer.bytes(Array(page.utf8), type: "text/html; charset=utf-8", status: status)
        response.headers[.cacheControl] = "no-store"
        response.headers[.contentTypeOptions] = "nosniff"
        response.headers[.referrerPolicy] = "same-origin"
        response.headers[.contentSecurityPolicy] =
            "default-src 'none'; style-src 'nonce-\(nonce)'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        return response
    }
}
