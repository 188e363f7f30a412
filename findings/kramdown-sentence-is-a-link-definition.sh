#!/usr/bin/env bash
# Jekyll drops a paragraph that begins with a word in brackets and a colon.
#
#   [Update]: the service is back since noon.
#
#   - [AI]: New model
#   - [Go]: Release 1.26
#
# kramdown 2.4.0, with which Jekyll 4.3.1 builds pages, takes each of these lines for the
# definition of a link, because it allows spaces in the address of a definition. The sentence
# is nowhere on the page, and the list has two empty items. In CommonMark, and so in
# goldmark and on GitHub, an address ends at the first space: the lines remain text.
# kramdown leaves such a line alone only in the middle of a paragraph; "[Update]\:" is text, too.
#
# It matters to whoever writes a digest with labels, or compares a reader's words with those of
# the page: a story that a preview on GitHub shows is missing on the site, with no warning.
#
# What it saw on 2026-12-01:
#
#   Jekyll: <ul> <li></li> <li></li> </ul>
#   goldmark: <p>[Update]: the service is back since noon.</p> <ul> <li>[AI]: New model</li> <li>[Go]: Release 1.26</li> </ul>
set -euo pipefail
command -v jekyll >/dev/null || { echo "install jekyll, for example Debian's package" >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir site
cat >text.md <<'MD'
[Update]: the service is back since noon.

- [AI]: New model
- [Go]: Release 1.26
MD
{ printf -- '---\n---\n'; cat text.md; } >site/page.md
jekyll build --quiet --disable-disk-cache --source site --destination out
cat >go.mod <<'MOD'
module try

go 1.25

require github.com/yuin/goldmark v1.8.7
MOD
cat >main.go <<'GO'
package main

import (
	"os"

	"github.com/yuin/goldmark"
)

func main() {
	text, err := os.ReadFile("text.md")
	if err != nil {
		panic(err)
	}
	if err := goldmark.Convert(text, os.Stdout); err != nil {
		panic(err)
	}
}
GO
go mod tidy >/dev/null 2>&1
go run . >goldmark.html
{
	echo "Jekyll:" $(cat out/page.html)
	echo "goldmark:" $(cat goldmark.html)
} | tee seen
diff seen - <<'END'
Jekyll: <ul> <li></li> <li></li> </ul>
goldmark: <p>[Update]: the service is back since noon.</p> <ul> <li>[AI]: New model</li> <li>[Go]: Release 1.26</li> </ul>
END
