#!/usr/bin/env bash
# In a query of SQLite's FTS5, a space between two words and AND between them are not the same.
#
# The documentation calls the space an implicit AND, and says that the trigram tokenizer matches
# no row for fewer than three characters. Both are true until they meet. A word that gives no
# token (two characters of Chinese with the trigram tokenizer, or "&" with any) matches nothing
# alone, and nothing with AND. Behind a space FTS5 leaves the word out without an error, so
# rows are found that do not contain it. NOT with such a word excludes nothing.
#
# Seen in SQLite 3.54.1 (modernc.org/sqlite 1.61.1).
#
# It matters to whoever searches Chinese digests: most Chinese words have two characters. Words
# joined by spaces give too many hits, words joined by AND give none, and a word that the user
# excludes comes back. Count the tokens of each word first, and filter short words with LIKE.
#
# What it saw on 2026-12-01, with the rows 开源大语言模型发布, 大语言工具更新, Go & Rust news:
#
#   trigram: "模型": none
#   trigram: "大语言" "模型": 开源大语言模型发布, 大语言工具更新
#   trigram: "大语言" AND "模型": none
#   trigram: "大语言" NOT "模型": 开源大语言模型发布, 大语言工具更新
#   unicode61: "go" "&" "rust": Go & Rust news
#   unicode61: "go" AND "&" AND "rust": none
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >go.mod <<'MOD'
module try

go 1.25

require modernc.org/sqlite v1.61.1
MOD
cat >main.go <<'GO'
package main

import (
	"database/sql"
	"fmt"
	"strings"

	_ "modernc.org/sqlite"
)

func main() {
	db, err := sql.Open("sqlite", ":memory:")
	must(err)
	db.SetMaxOpenConns(1) // each connection has a memory of its own
	for _, c := range []struct{ tokenizer, query string }{
		{"trigram", `"模型"`},
		{"trigram", `"大语言" "模型"`},
		{"trigram", `"大语言" AND "模型"`},
		{"trigram", `"大语言" NOT "模型"`},
		{"unicode61", `"go" "&" "rust"`},
		{"unicode61", `"go" AND "&" AND "rust"`},
	} {
		_, err := db.Exec("CREATE VIRTUAL TABLE IF NOT EXISTS " + c.tokenizer + "_digests USING fts5(title, tokenize = '" + c.tokenizer + "')")
		must(err)
		_, err = db.Exec("INSERT OR REPLACE INTO " + c.tokenizer + "_digests (rowid, title) VALUES (1, '开源大语言模型发布'), (2, '大语言工具更新'), (3, 'Go & Rust news')")
		must(err)
		rows, err := db.Query("SELECT title FROM "+c.tokenizer+"_digests(?) ORDER BY rowid", c.query)
		must(err)
		var found []string
		for rows.Next() {
			var title string
			must(rows.Scan(&title))
			found = append(found, title)
		}
		must(rows.Err())
		if found == nil {
			found = []string{"none"}
		}
		fmt.Printf("%s: %s: %s\n", c.tokenizer, c.query, strings.Join(found, ", "))
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
GO
go mod tidy >/dev/null 2>&1
go run . | tee seen
diff seen - <<'END'
trigram: "模型": none
trigram: "大语言" "模型": 开源大语言模型发布, 大语言工具更新
trigram: "大语言" AND "模型": none
trigram: "大语言" NOT "模型": 开源大语言模型发布, 大语言工具更新
unicode61: "go" "&" "rust": Go & Rust news
unicode61: "go" AND "&" AND "rust": none
END
