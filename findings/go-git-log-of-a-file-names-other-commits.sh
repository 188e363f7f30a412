#!/usr/bin/env bash
# go-git's log of one file names commits that did not touch the file, and leaves out those that
# did, as soon as the history has a merge.
#
# LogOptions.FileName of go-git 5.19.3 is documented as equal to "git log -- file". It compares
# each commit with the next one of the walk, which is not its parent where two branches ran side
# by side. The default order loses the commit that added the file, and names a commit of
# the other branch in its place. LogOrderCommitterTime, which the documentation calls closer to
# git, adds a commit of the other branch and the merge. PathFilter works in the same way.
#
# It matters to whoever takes the day or the author of a digest from its history: both
# come from somebody else's commit. A history without merges is right, so a test with a
# small repository passes. Compare each commit with its own parents instead.
#
# What it saw on 2026-12-01, newest first:
#
#   git: 3 edit digest.md; 1 add digest.md
#   go-git: 3 edit digest.md; 2 add other.md
#   go-git by time: 5 merge; 4 edit other.md; 3 edit digest.md; 1 add digest.md
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.org
on() { export GIT_AUTHOR_DATE="2026-11-0$1T09:00:00Z" GIT_COMMITTER_DATE="2026-11-0$1T09:00:00Z"; }
commit() { # day, file, what
	on "$1"
	echo "$1" >"$2"
	git add "$2"
	git commit -q -m "$1 $3 $2"
}
git init -q -b main repository
cd repository
commit 1 digest.md add
git checkout -q -b side
commit 2 other.md add
git checkout -q main
commit 3 digest.md edit
git checkout -q side
commit 4 other.md edit
git checkout -q main
on 5
git merge -q --no-ff -m "5 merge" side
cd ..
cat >go.mod <<'MOD'
module try

go 1.25

require github.com/go-git/go-git/v5 v5.19.3
MOD
cat >main.go <<'GO'
package main

import (
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/object"
)

func main() {
	repository, err := git.PlainOpen("repository")
	must(err)
	name := "digest.md"
	for _, c := range []struct {
		name  string
		order git.LogOrder
	}{{"go-git", git.LogOrderDefault}, {"go-git by time", git.LogOrderCommitterTime}} {
		commits, err := repository.Log(&git.LogOptions{FileName: &name, Order: c.order})
		must(err)
		var all []string
		must(commits.ForEach(func(commit *object.Commit) error {
			all = append(all, strings.TrimSpace(commit.Message))
			return nil
		}))
		fmt.Printf("%s: %s\n", c.name, strings.Join(all, "; "))
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
GO
go mod tidy >/dev/null 2>&1
{
	echo "git: $(git -C repository log --format=%s -- digest.md | paste -sd ';' | sed 's/;/; /g')"
	go run .
} | tee seen
diff seen - <<'END'
git: 3 edit digest.md; 1 add digest.md
go-git: 3 edit digest.md; 2 add other.md
go-git by time: 5 merge; 4 edit other.md; 3 edit digest.md; 1 add digest.md
END
