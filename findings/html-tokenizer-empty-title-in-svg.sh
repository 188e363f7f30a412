#!/usr/bin/env bash
# The tokenizer of golang.org/x/net/html 0.61.0 takes <title/> for an opening tag
# even when it closes itself, and reads everything behind it as the raw text of
# the title: other tags and the prose of the page are one text token.
#
# The parser of the same package knows better, because it tells its tokenizer
# that inside <svg> a <title> holds no raw text (Tokenizer.NextIsNotRawText). A
# program that uses the tokenizer alone has to do the same after every self-closing
# title, style, textarea, iframe and the like.
#
# Why it matters: newsletters carry small SVG pictures, and drawing programs write
# <title/> into them. A reader of digests that walks tokens loses every story
# behind the first such picture, without an error.
#
# What it saw on 2026-11-29, tokens of the input below:
#
#   plain: <svg> <title/> "<path/></svg><p>The news</p>"
#   with NextIsNotRawText: <svg> <title/> <path/> </svg> <p> "The news" </p>
#   parsed, the text of the page is "The news"
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >main.go <<'GO'
package main

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/net/html"
)

const page = `<svg><title/><path/></svg><p>The news</p>`

func tokens(mend bool) string {
	var all []string
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		kind := z.Next()
		switch kind {
		case html.ErrorToken:
			return strings.Join(all, " ")
		case html.TextToken:
			all = append(all, fmt.Sprintf("%q", z.Token().Data))
		default:
			if mend && kind == html.SelfClosingTagToken {
				z.NextIsNotRawText()
			}
			all = append(all, string(z.Raw()))
		}
	}
}

func text(n *html.Node) (all string) {
	if n.Type == html.TextNode {
		all = n.Data
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		all += text(c)
	}
	return all
}

func main() {
	plain, mended := tokens(false), tokens(true)
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		panic(err)
	}
	fmt.Println("plain:", plain)
	fmt.Println("with NextIsNotRawText:", mended)
	fmt.Printf("parsed, the text of the page is %q\n", text(root))
	if !strings.Contains(plain, `"<path/></svg><p>The news</p>"`) ||
		!strings.Contains(mended, `<p> "The news" </p>`) || text(root) != "The news" {
		fmt.Println("CHANGED: the tokenizer does something else now")
		os.Exit(1)
	}
}
GO
go mod init finding >/dev/null 2>&1
go get golang.org/x/net@v0.61.0 >/dev/null 2>&1
go run .
