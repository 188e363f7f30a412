// Package libraries reads the digests of the libraries in config.toml, and reads single
// files and folders with the settings of those libraries. It does not know what the digests
// are used for.
package libraries

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose/language"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown"
	"github.com/digestbot/digestbot/digest/shelf"
	"github.com/digestbot/digestbot/digest/source"
)

// Libraries are the libraries of a configuration.
type Libraries struct {
	Config *config.Config // nil: files are read as if they were in no library
	// Program is the program's version: another version reads everything again.
	Program string
	// Getenv reads environment variables, which may hold the token of a repository.
	Getenv func(string) string
	Log    *slog.Logger
	// While runs do, which may take long, and meanwhile says what it is waiting for, in the
	// words of what.
	While func(what func() string, do func() error) error
}

// Library is one of the libraries.
type Library struct {
	Config *config.Library
	source.Source
}

// optionsOf returns the options for the files of a library; l is nil for files of no
// library, whose options lack the library's pages.
func optionsOf(c *config.Config, l *config.Library) []source.Option {
	rules := digest.Rules{Aliases: c.Names.Aliases}
	if l == nil {
		return []source.Option{source.WithRules(rules)}
	}
	rules.Title = titles(l.Title)
	return []source.Option{source.WithRules(rules), source.WithWebsite(l.Website), source.WithOrigin(l.Origin), source.WithWritten(l.Layout)}
}

// optionsAtHome returns the options for files that are read outside of their library's
// source, located as in the library. Files of a repository are located elsewhere.
func optionsAtHome(c *config.Config, l *config.Library) []source.Option {
	options := optionsOf(c, l)
	if l != nil && l.Git == nil {
		options = append(options, source.WithHome(l.Folder()))
	}
	return options
}

// ReadPath reads a file or folder with the settings of the library that contains it, and
// the libraries below it with their own.
func (ls Libraries) ReadPath(name string, options ...source.Option) ([]digest.Reading, error) {
	c := ls.Config
	read := func(l *config.Library, name string) ([]digest.Reading, error) {
		return source.Read(ls.Log, []string{name}, slices.Concat(options, optionsAtHome(c, l))...)
	}
	if len(c.Libraries) == 1 {
		return read(&c.Libraries[0], name)
	}
	var in *config.Library
	var below []*config.Library
	places := map[*config.Library]string{} // of the libraries below name
	for i := range c.Libraries {
		l := &c.Libraries[i]
		if l.Git != nil {
			continue
		}
		if place, ok := source.NameIn(name, l.Folder()); ok {
			below, places[l] = append(below, l), filepath.Join(name, filepath.FromSlash(place))
		} else if l.Has(name) && (in == nil || in.Has(l.Folder())) {
			in = l
		}
	}
	all, err := read(in, name)
	for _, l := range below {
		if err != nil {
			break
		}
		folder := places[l] + string(filepath.Separator)
		all = slices.DeleteFunc(all, func(r digest.Reading) bool { return strings.HasPrefix(r.Card.File, folder) })
		var of []digest.Reading
		of, err = read(l, places[l])
		all = append(all, of...)
	}
	return all, err
}

// OpenShelf opens the shelf, the cache of what was read before.
func (ls Libraries) OpenShelf(ctx context.Context) *shelf.Shelf {
	return shelf.Open(ctx, ls.Config.ShelfFile(), fmt.Sprint(markdown.Version, " ", ls.Program), ls.Log)
}

// Read reads files and folders, using the shelf of the state for those that have not
// changed, and passes them to use. It does not create a state. If the shelf cannot be used,
// it silently reads everything again.
func (ls Libraries) Read(ctx context.Context, paths []string, use func([]digest.Reading) error, options ...source.Option) error {
	var count source.Count
	return ls.While(func() string { return reading(&count, "checking the files") }, func() error {
		return ls.read(ctx, paths, use, append(slices.Clip(options), source.WithCount(&count))...)
	})
}

func (ls Libraries) read(ctx context.Context, paths []string, use func([]digest.Reading) error, options ...source.Option) error {
	kept := shelf.Memory()
	if ls.Config != nil && IsFolder(ls.Config.State) {
		silent := ls
		silent.Log = slog.New(slog.DiscardHandler)
		kept = silent.OpenShelf(ctx)
	}
	on := append(slices.Clip(options), source.WithShelf(kept))
	files, err := []digest.Reading(nil), error(nil)
	if ls.Config == nil {
		files, err = source.Read(ls.Log, paths, on...)
	} else {
		for _, name := range paths {
			var more []digest.Reading
			if more, err = ls.ReadPath(name, on...); err != nil {
				break
			}
			files = append(files, more...)
		}
	}
	if err == nil {
		err = use(files)
	}
	_ = kept.Close()
	if ls.Config != nil && ls.Config.State != "" && errors.Is(err, shelf.ErrText) {
		without := *ls.Config
		ls.Config, without.State = &without, ""
		return ls.read(ctx, paths, use, options...)
	}
	return err
}

// Digests returns the digests in files and folders, with their texts, as Read reads them.
func (ls Libraries) Digests(ctx context.Context, paths []string, options ...source.Option) (digests []*digest.Digest, err error) {
	err = ls.Read(ctx, paths, func(files []digest.Reading) error {
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

// Open reads the libraries for the first time: those files that have changed since they
// were put on the shelf. It returns a source that combines the libraries, and each by
// itself.
func (ls Libraries) Open(ctx context.Context, kept *shelf.Shelf, options ...source.Option) (all source.Source, parts []Library, err error) {
	var count source.Count
	before := "opening the library"
	for _, l := range ls.Config.Libraries {
		if l.Git != nil {
			before = "fetching " + l.Path + " from its git repository"
		}
	}
	err = ls.While(func() string { return reading(&count, before) }, func() error {
		all, parts, err = ls.openAll(ctx, kept, append(slices.Clip(options), source.WithCount(&count))...)
		return err
	})
	return all, parts, err
}

// reading describes the progress of reading files; before is the text until it begins.
func reading(count *source.Count, before string) string {
	switch done, all := count.Done.Load(), count.All.Load(); {
	case all == 0:
		return before
	case done < all:
		return fmt.Sprintf("reading the library: %d of %d files", done, all)
	default:
		return "sorting what was read"
	}
}

func (ls Libraries) openAll(ctx context.Context, kept *shelf.Shelf, options ...source.Option) (source.Source, []Library, error) {
	conf, log := ls.Config, ls.Log
	parts, sources := make([]Library, len(conf.Libraries)), make([]source.Source, len(conf.Libraries))
	var group errgroup.Group // an unreachable host does not delay other libraries
	for i := range conf.Libraries {
		l, about := &conf.Libraries[i], log
		if len(conf.Libraries) > 1 {
			about = log.With("library", l.Origin.Name)
		}
		group.Go(func() (err error) {
			sources[i], err = ls.open(ctx, l, kept, about, options...)
			parts[i] = Library{l, sources[i]}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	if len(sources) == 1 {
		return sources[0], parts, nil
	}
	return source.Join(log, digest.Rules{Aliases: conf.Names.Aliases}, sources...), parts, nil
}

func (ls Libraries) open(ctx context.Context, l *config.Library, kept *shelf.Shelf, log *slog.Logger, options ...source.Option) (source.Source, error) {
	conf := ls.Config
	options = slices.Concat(options, optionsOf(conf, l), []source.Option{source.WithShelf(kept)})
	if l.Undated {
		options = append(options, source.WithUndated())
	}
	if l.Git == nil {
		folder, err := source.Open(l.Path, log, options...)
		if err != nil {
			return nil, conf.Explain(fmt.Errorf("%s.path: %w", l.Key, err))
		}
		return folder, nil
	}
	remote := *l.Git
	remote.Token = func() (string, error) { return ls.token(l) }
	if _, err := remote.Token(); err != nil {
		return nil, err
	}
	if l.SiteFile != "" {
		options = append(options, source.WithSite(l.SiteFile, l.Site))
	}
	repository, err := source.OpenRepository(ctx, conf.CloneDir(l), remote, log, options...)
	if err != nil {
		return nil, conf.Explain(fmt.Errorf("%s.git: %w", l.Key, err))
	}
	return repository, nil
}

// token returns the token of a library's repository.
func (ls Libraries) token(l *config.Library) (string, error) {
	variable := gitVariable
	if l.OwnToken {
		variable = ""
	}
	token, err := chat.Env{Getenv: ls.Getenv, Folder: ls.Config.Folder}.Token(variable, l.Key+".git_token_file", l.GitTokenFile)
	if err != nil {
		err = ls.Config.Explain(err)
	}
	return token.Reveal(), err
}

// CheckTokens returns an error with a line for each repository token that cannot be read.
func (ls Libraries) CheckTokens() error {
	var errs []error
	for i := range ls.Config.Libraries {
		if l := &ls.Config.Libraries[i]; l.Git != nil {
			_, err := ls.token(l)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// titles returns a function that titles digests without a title by a pattern, in which
// {date} is their day in their language; nil without a pattern.
func titles(pattern string) func(*digest.Card) string {
	if pattern == "" {
		return nil
	}
	return func(d *digest.Card) string {
		return strings.ReplaceAll(pattern, "{date}", language.In(d.Language).Date(d.Date))
	}
}

// gitVariable holds the token for repositories, unless git_token_file names a file.
const gitVariable = "DIGESTBOT_GIT_TOKEN"

// IsFolder reports whether path is an existing folder.
func IsFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
