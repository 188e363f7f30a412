#!/usr/bin/env bash
# A value of the wrong type hides every unknown key from go-toml's strict mode.
#
# go-toml v2.4.3 with DisallowUnknownFields collects all unknown keys of a file into one
# StrictMissingError. But the first value of a wrong type ends the decoding with a
# DecodeError, also if the unknown keys stand above it, and they are not reported: a file
# with two mistakes reports one, and the other one only after the first is mended.
#
# It matters to whoever wants to report all mistakes of a configuration at once: strict
# decoding cannot, so the tree has to be walked.
#
# What it saw on 2026-11-30:
#
#   two unknown keys: 2 unknown
#   wrong type: [port]
#   both: [port]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >go.mod <<'MOD'
module try

go 1.24

require github.com/pelletier/go-toml/v2 v2.4.3
MOD
cat >main.go <<'GO'
package main

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/pelletier/go-toml/v2"
)

func main() {
	for _, c := range []struct{ name, text string }{
		{"two unknown keys", "stat = \"var\"\nhost = \"a\"\n"},
		{"wrong type", "port = \"8080\"\n"},
		{"both", "stat = \"var\"\nport = \"8080\"\n"},
	} {
		var into struct {
			State string `toml:"state"`
			Port  int    `toml:"port"`
		}
		err := toml.NewDecoder(bytes.NewReader([]byte(c.text))).DisallowUnknownFields().Decode(&into)
		var missing *toml.StrictMissingError
		var decode *toml.DecodeError
		switch {
		case errors.As(err, &missing): // which holds a DecodeError for each key
			fmt.Printf("%s: %d unknown\n", c.name, len(missing.Errors))
		case errors.As(err, &decode):
			fmt.Printf("%s: %s\n", c.name, decode.Key())
		}
	}
}
GO
go mod tidy >/dev/null 2>&1
go run . | tee seen
diff seen - <<'END'
two unknown keys: 2 unknown
wrong type: [port]
both: [port]
END
