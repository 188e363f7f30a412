package source

import (
	"context"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/storer"

	"github.com/digestbot/digestbot/digest/source/git"
)

// historyLimit limits how long the history of a folder is examined.
const historyLimit = time.Minute

// folderDays returns the days of the files of a folder, or of a single file: of the
// first commit that has them, if the folder is in a git work tree, else of their
// modification times.
func folderDays(root string, files []*file) map[string]time.Time {
	days := workTreeDays(root, files)
	for _, f := range files {
		if _, ok := days[f.name]; !ok {
			days[f.name] = f.day()
		}
	}
	return days
}

// workTreeDays returns the days of first commits, by file name. It has none for files
// that are not committed, nor if the folder is in no work tree or in one that cannot be
// read here.
func workTreeDays(root string, files []*file) map[string]time.Time {
	days := map[string]time.Time{}
	root, err := filepath.EvalSymlinks(root)
	if err == nil {
		root, err = filepath.Abs(root)
	}
	if err != nil {
		return days
	}
	if info, err := os.Stat(root); err == nil && !info.IsDir() {
		root = filepath.Dir(root)
	}
	s, top, err := git.WorkTree(root)
	if err != nil {
		return days
	}
	head, err := storer.ResolveReference(s, plumbing.HEAD)
	if err != nil {
		return days
	}
	below, err := filepath.Rel(top, root)
	if err != nil {
		return days
	}
	names := map[string]string{} // by path in the repository
	for _, f := range files {
		names[path.Join(filepath.ToSlash(below), f.name)] = f.name
	}
	ctx, cancel := context.WithTimeout(context.Background(), historyLimit)
	defer cancel()
	for p, at := range git.FirstCommits(ctx, s, &bounds, head.Hash(), slices.Collect(maps.Keys(names)), isMarkdown) {
		days[names[p]] = midnight(at)
	}
	return days
}
