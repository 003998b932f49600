"""Makes a bare repository with a long, ordinary history: git_history.py FOLDER COMMITS SEED [REFS].

Some hundred text files in nested folders; each commit rewrites a line or two of one file, each fiftieth merges a short
side branch. With REFS, that many tags, half of them annotated, stand on its newest commits, 1000 in
each of the folders `refs/tags/0`, `refs/tags/1` and so on.
"""

import random
import subprocess
import sys

FOLDERS = ("", "src", "src/core", "src/core/io", "src/net", "src/net/http", "docs", "docs/guide", "tests", "tests/data")
FILES_PER_FOLDER = 12
LINES = 120
TAGS_PER_FOLDER = 1000
TAGGED = 100  # commits, the newest


def main():
    folder, commits, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    refs = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", folder], check=True)
    importer = subprocess.Popen(["git", "-C", folder, "fast-import", "--quiet"], stdin=subprocess.PIPE)
    history = History(importer.stdin, random.Random(seed))
    history.write(commits)
    history.write_refs(refs, commits)
    importer.stdin.close()
    if importer.wait() != 0:
        sys.exit("git fast-import failed")
    subprocess.run(["git", "-C", folder, "repack", "-adq", "--window=20"], check=True)
    subprocess.run(["git", "-C", folder, "pack-refs", "--all"], check=True)


class History:
    """A stream for git fast-import; the mark of a commit is its number."""

    def __init__(self, stream, dice):
        self.stream = stream
        self.dice = dice
        self.files = {
            f"{folder}/module_{number}.py".lstrip("/"): [self.line() for _ in range(LINES)]
            for folder in FOLDERS for number in range(FILES_PER_FOLDER)}

    def line(self):
        return " ".join(self.dice.choices(WORDS, k=self.dice.randint(3, 9)))

    def write(self, commits):
        self.commit(1, "main", None, self.files)
        side = None
        for number in range(2, commits + 1):
            path = self.dice.choice(list(self.files))
            lines = self.files[path]
            for _ in range(self.dice.randint(1, 2)):
                lines[self.dice.randrange(len(lines))] = self.line()
            if self.dice.random() < 0.2:
                lines.insert(self.dice.randrange(len(lines)), self.line())
            # A side branch of one commit is merged by the commit after it.
            if number % 50 == 0 and number + 1 <= commits:
                side = number
                self.commit(number, "side", number - 1, {path: lines})
            elif side:
                self.commit(number, "main", number - 2, {path: lines}, merged=side)
                side = None
            else:
                self.commit(number, "main", number - 1, {path: lines})
        self.say("reset refs/heads/side\nfrom 0000000000000000000000000000000000000000\n\n")

    def commit(self, number, branch, parent, files, merged=None):
        message = f"Change {number}: {self.line()}\n"
        who = f"ada <ada@example.org> {1_500_000_000 + number * 600} +0000"
        self.say(f"commit refs/heads/{branch}\nmark :{number}\nauthor {who}\ncommitter {who}\n"
                 f"data {len(message)}\n{message}")
        if parent:
            self.say(f"from :{parent}\n")
        if merged:
            self.say(f"merge :{merged}\n")
        for path, lines in files.items():
            text = "\n".join(lines) + "\n"
            self.say(f"M 644 inline {path}\ndata {len(text)}\n{text}\n")

    def write_refs(self, count, commits):
        for number in range(count):
            place, folder = commits - number % TAGGED, number // TAGS_PER_FOLDER
            if number % 2:
                message = f"Release {number}\n"
                who = f"ada <ada@example.org> {1_600_000_000 + number} +0000"
                self.say(f"tag {folder}/release-{number}\nfrom :{place}\ntagger {who}\n"
                         f"data {len(message)}\n{message}\n")
            else:
                self.say(f"reset refs/tags/{folder}/build-{number}\nfrom :{place}\n\n")

    def say(self, text):
        self.stream.write(text.encode())


WORDS = """
    return value index buffer while limit reader writer def self class None True False import from yield async await
    header packet stream offset length parse encode decode open close flush retry error raise except finally with lock
    queue worker task state event path name size count first last next node tree blob commit branch merge diff patch
""".split()

if __name__ == "__main__":
    main()
