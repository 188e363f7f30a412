package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/digestbot/digestbot/adapters/door"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown"
	"github.com/digestbot/digestbot/digest/shelf"
	"github.com/digestbot/digestbot/digest/source"
)

// library is where the digests come from: a folder or a git repository.
type library interface {
	Library() *digest.Library
	Problems() []source.Problem
	LeftOut() map[string]int
	Run(ctx context.Context, changed func()) error
}

// shelfFile is where what was read is kept.
func (c *config) shelfFile() string { return filepath.Join(c.State, "library.db") }

// openShelf opens the shelf of the libraries that were read before.
func (p *program) openShelf(ctx context.Context, conf *config, log *slog.Logger) *shelf.Shelf {
	return shelf.Open(ctx, conf.shelfFile(), fmt.Sprint(markdown.Version, " ", versionText()), log)
}

// read reads files and folders, from the shelf of the state as far as they have not
// changed, and gives them to use. A state that is not there is not made, and of a
// shelf that cannot be used nobody hears: then everything is read again.
func (p *program) read(ctx context.Context, conf *config, log *slog.Logger, paths []string, use func([]digest.Reading) error, options ...source.Option) error {
	kept := shelf.Memory()
	if conf != nil && isFolder(conf.State) {
		kept = p.openShelf(ctx, conf, slog.New(slog.DiscardHandler))
	}
	files, err := source.Read(log, paths, append(options, source.WithShelf(kept))...)
	if err == nil {
		err = use(files)
	}
	_ = kept.Close()
	if conf != nil && errors.Is(err, shelf.ErrText) {
		return p.read(ctx, nil, log, paths, use, options...)
	}
	return err
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// digests are those of files and folders, with their texts, as read reads them.
func (p *program) digests(ctx context.Context, conf *config, log *slog.Logger, paths []string, options ...source.Option) (digests []*digest.Digest, err error) {
	err = p.read(ctx, conf, log, paths, func(files []digest.Reading) error {
		digests = make([]*digest.Digest, len(files))
		for i, f := range files {
			if digests[i], err = f.Digest(); err != nil {
				return err
			}
		}
		return nil
	}, options...)
	return digests, err
}

// openLibrary reads the library for the first time, what has changed since it was
// put on the shelf.
func (p *program) openLibrary(ctx context.Context, conf *config, kept *shelf.Shelf, log *slog.Logger) (library, error) {
	options := []source.Option{source.WithRules(conf.Rules), source.WithShelf(kept)}
	if conf.Undated {
		options = append(options, source.WithUndated())
	}
	if conf.Git == nil {
		folder, err := source.Open(conf.Library, log, options...)
		if err != nil {
			return nil, conf.explain(fmt.Errorf("library.path: %w", err))
		}
		return folder, nil
	}
	remote := *conf.Git
	remote.Token = func() (string, error) {
		token, err := chat.Env{Getenv: p.getenv, Folder: conf.Folder}.Token("DIGESTBOT_GIT_TOKEN", "library.git_token_file", conf.GitTokenFile)
		if err != nil {
			err = conf.explain(err)
		}
		return token.Reveal(), err
	}
	if _, err := remote.Token(); err != nil {
		return nil, err
	}
	repository, err := source.OpenRepository(ctx, conf.cloneDir(), remote, log, options...)
	if err != nil {
		return nil, conf.explain(fmt.Errorf("library.git: %w", err))
	}
	return repository, nil
}

// leftOut says how many files are not in a library, and why, the commonest reason
// first.
func leftOut(counts map[string]int) string {
	total := 0
	var reasons []string
	for _, code := range slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a, b)) }) {
		total += counts[code]
		reasons = append(reasons, strconv.Itoa(counts[code])+" "+cmp.Or(reasonOf[code], code))
	}
	files := "files are"
	if total == 1 {
		files = "file is"
	}
	return fmt.Sprintf("%d %s left out: %s", total, files, strings.Join(reasons, ", "))
}

// reasonOf is in words what keeps a file out, where the code does not say it.
var reasonOf = map[string]string{
	"duplicate": "copied or named as another",
	"draft":     "in draft",
	"lfs":       "kept by Git LFS",
	"link":      "behind a link",
	"no-digest": "without stories and text",
	"too-large": "too large",
}

// cloneDir is where the clone of the library's repository is kept.
func (c *config) cloneDir() string { return filepath.Join(c.State, "library.git") }

// libraryTable is [library].
type libraryTable struct {
	Path         string `toml:"path" example:"\"digest/example\""`
	Git          string `toml:"git" example:"\"https://github.com/example/news\""`
	Branch       string `toml:"branch" example:"\"main\""`
	Every        string `toml:"every" example:"\"5m\""`
	GitTokenFile string `toml:"git_token_file" example:"\"/run/secrets/git\""`
	BaseURL      string `toml:"base_url" example:"\"https://example.org\""`
	Permalink    string `toml:"permalink" example:"\"pretty\""`
	Undated      string `toml:"undated" example:"\"post\""`
}

// defaultEvery is how often a repository is asked for news.
const defaultEvery = 5 * time.Minute

// library checks where the digests come from.
func (r *reader) library(t libraryTable, base string, c *config) {
	switch t.Undated {
	case "", "skip":
	case "post":
		c.Undated = true
	default:
		r.refuse("library.undated", `%q: write "skip", and files without a day are left out, or "post", and they are digests`, t.Undated)
	}
	if t.Git == "" {
		if t.Path == "" {
			r.refuse("library.path", `it is missing: write the folder of the digests, for example path = "digest/example", or the repository that has them, for example git = "https://github.com/example/news"`)
		}
		for key, value := range map[string]string{"branch": t.Branch, "every": t.Every, "git_token_file": t.GitTokenFile} {
			if value != "" {
				r.refuse("library."+key, `it is about a repository: write git = "https://…" beside it, or leave it out`)
			}
		}
		c.Library = under(base, t.Path)
		return
	}
	if err := checkRepository(t.Git); err != nil {
		r.refuse("library.git", "%v", err)
	}
	folder := path.Clean(t.Path)
	switch {
	case t.Path == "" || folder == ".":
		folder = ""
	case !fs.ValidPath(folder):
		r.refuse("library.path", `%q leads out of the repository: beside git it is a folder inside it, for example path = "_posts"`, t.Path)
	}
	if strings.ContainsAny(t.Branch, " ~^:?*[\\") {
		r.refuse("library.branch", `%q is no name of a branch: write for example "main"`, t.Branch)
	}
	before := len(r.problems)
	every := r.duration("library.every", t.Every, defaultEvery)
	if len(r.problems) == before && every < time.Second {
		r.refuse("library.every", `%q is too often: write for example "5m"; less than a second is no use`, t.Every)
	}
	c.Git = &source.Remote{URL: t.Git, Branch: t.Branch, Path: folder, Every: every}
	c.GitTokenFile = t.GitTokenFile
	c.Library = t.Git
	if folder != "" {
		c.Library += " (" + folder + ")"
	}
}

// checkRepository says what the address of a repository looks like. Anything that it
// refuses may hold a secret and is not repeated.
func checkRepository(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return errors.New(`it is no address that can be fetched: write the one that begins with https://, for example git = "https://github.com/example/news"; a folder on this machine is path = "…"`)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("it holds more than an address: leave the credentials out and put a token that may read into DIGESTBOT_GIT_TOKEN, or into a file that git_token_file names")
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && door.Loopback(u.Hostname()):
		return nil
	case u.Scheme == "http":
		return errors.New("http shows the token and the digests to everybody on the way: write https://")
	default:
		return fmt.Errorf("%s:// is not spoken here: write the repository's address that begins with https://", u.Scheme)
	}
}
