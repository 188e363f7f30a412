#!/usr/bin/env bash
# github.com/goccy/go-yaml 1.19.2 drops tabs within a plain value, and reports no
# error: the words around one become one word.
#
#   title:<tab>Go<tab>1.26
#
# becomes {"title": "Go1.26"}. gopkg.in/yaml.v3 3.0.1 keeps the tab, as does Ruby's
# Psych: white space within a plain scalar is part of it (YAML 1.2.2, rule
# nb-ns-plain-in-line).
#
# Why it matters: Hugo 0.160.1 reads front matter with this library, so a title that
# was pasted out of a table loses its spaces on the page and in its address.
# What it saw on 2026-11-29:
#
#   goccy/go-yaml: "Go1.26"
#   yaml.v3: "Go\t1.26"
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >main.go <<'GO'
package main

import (
	"fmt"
	"os"

	"github.com/goccy/go-yaml"
	yamlv3 "gopkg.in/yaml.v3"
)

func main() {
	text := []byte("title:\tGo\t1.26\n")
	var first, second map[string]string
	if err := yaml.Unmarshal(text, &first); err != nil {
		panic(err)
	}
	if err := yamlv3.Unmarshal(text, &second); err != nil {
		panic(err)
	}
	fmt.Printf("goccy/go-yaml: %q\nyaml.v3: %q\n", first["title"], second["title"])
	if first["title"] != "Go1.26" || second["title"] != "Go\t1.26" {
		fmt.Println("CHANGED: the libraries do something else now")
		os.Exit(1)
	}
}
GO
go mod init finding >/dev/null 2>&1
go get github.com/goccy/go-yaml@v1.19.2 gopkg.in/yaml.v3@v3.0.1 >/dev/null 2>&1
go run .
