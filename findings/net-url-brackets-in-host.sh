#!/usr/bin/env bash
# net/url of Go 1.26 parses an address whose host holds angle brackets or quotes,
# without an error and without escaping them. RFC 3986 (section 3.2.2) and the WHATWG
# URL standard, which Node.js follows, know no such host.
#
# Why it matters: "it parses and has a host" is the usual check of an address. An
# HTML tag that a generator left inside an address passes it, and Discord and Slack
# refuse the whole message for one such picture ("must be a valid url").
#
# What it saw on 2026-11-29 with Go 1.26.8:
#
#   Go: host "img.exa<b>mple.org", error <nil>
#   Go writes it back as https://img.exa<b>mple.org/a.png
#   Node.js: Invalid URL      (only where node is installed)
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >main.go <<'GO'
package main

import (
	"fmt"
	"net/url"
	"os"
)

func main() {
	u, err := url.Parse("https://img.exa<b>mple.org/a.png")
	if err != nil {
		fmt.Println("CHANGED: Go refuses it now:", err)
		os.Exit(1)
	}
	fmt.Printf("Go: host %q, error %v\n", u.Host, err)
	fmt.Println("Go writes it back as", u)
	if u.Host != "img.exa<b>mple.org" || u.String() != "https://img.exa<b>mple.org/a.png" {
		fmt.Println("CHANGED: Go escapes it now")
		os.Exit(1)
	}
}
GO
go mod init finding >/dev/null 2>&1
go run .
if command -v node >/dev/null; then
  node -e '
    try { new URL("https://img.exa<b>mple.org/a.png"); console.log("CHANGED: Node.js takes it now"); process.exit(1) }
    catch (e) { console.log("Node.js:", e.message) }
  '
fi
