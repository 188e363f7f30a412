#!/usr/bin/env bash
# github.com/goccy/go-yaml 1.19.2 reads a key that lacks the space behind its
# colon as the value of the empty key above it, and reports no error.
#
#   title:
#   date:2026-11-28
#
# becomes {"title": "date:2026-11-28"}. gopkg.in/yaml.v3 3.0.1 refuses the same
# four words ("could not find expected ':'"), because a scalar on a line of its own
# has to be indented deeper than its key (YAML 1.2.2, section 8.2.2).
#
# Why it matters: in the front matter of a digest this is a plain slip. A reader
# that trusts the missing error posts "date:2026-11-28" as the headline of a digest
# without a day, and no linter that is built on the library can point at the line.
# What it saw on 2026-11-29:
#
#   goccy/go-yaml: map[title:date:2026-11-28], error <nil>
#   yaml.v3: map[], error yaml: line 2: could not find expected ':'
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
	text := []byte("title:\ndate:2026-11-28\n")
	first, second := map[string]any{}, map[string]any{}
	err := yaml.Unmarshal(text, &first)
	fmt.Printf("goccy/go-yaml: %v, error %v\n", first, err)
	refused := yamlv3.Unmarshal(text, &second)
	fmt.Printf("yaml.v3: %v, error %v\n", second, refused)
	if err != nil || first["title"] != "date:2026-11-28" || refused == nil {
		fmt.Println("CHANGED: the libraries do something else now")
		os.Exit(1)
	}
}
GO
go mod init finding >/dev/null 2>&1
go get github.com/goccy/go-yaml@v1.19.2 gopkg.in/yaml.v3@v3.0.1 >/dev/null 2>&1
go run .
