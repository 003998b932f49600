"""Figures side by side: aligned columns for a terminal, and the same tables in Markdown for a page."""

import pathlib

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
page = []  # what was told so far, in Markdown


def table(title, head, rows):
    """Prints rows of text under a title."""
    print(f"\n{title}")
    lines = [head, *rows]
    widths = [max(len(str(line[column])) for line in lines) for column in range(len(head))]
    for number, line in enumerate(lines):
        cells = [
            str(cell).ljust(width) if column == 0 else str(cell).rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths))]
        print("  " + "  ".join(cells).rstrip())
        if number == 0:
            print("  " + "  ".join("-" * width for width in widths))
    print(flush=True)
    page.append(f"### {title}\n\n" + "\n".join(
        "| " + " | ".join(map(str, line)) + " |" for line in [head, ["---", *["--:"] * (len(head) - 1)], *rows]))


def note(sentence):
    """Prints a line below a table."""
    print(f"  {sentence}")
    page.append(sentence[0].upper() + sentence[1:] + ".")


def write_page(path):
    """Puts all that was told between the marks of a page, or into a new page that has nothing else."""
    path = pathlib.Path(path)
    figures = f"{BEGIN}\n\n" + "\n\n".join(page) + f"\n\n{END}"
    text = path.read_text() if path.exists() else f"{BEGIN}{END}\n"
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path} has no place for figures: it needs the lines '{BEGIN}' and '{END}'")
    path.write_text(before + figures + after)


def seconds(value):
    return f"{value * 1000:.1f} ms" if value < 0.1 else f"{value:.2f} s"


def size(value):
    """Bytes, in powers of 1000."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value >= scale:
            return f"{value / scale:.2f} {unit}" if value < 100 * scale else f"{value / scale:.0f} {unit}"
    return f"{value:.0f} B"


def ratio(value):
    return f"{value:.2f}×"
