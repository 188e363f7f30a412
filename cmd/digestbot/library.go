package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/digestbot/digestbot/bot/compose/language"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"

	"golang.org/x/sync/errgroup"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown"
	"github.com/digestbot/digestbot/digest/shelf"
	"github.com/digestbot/digestbot/digest/source"
)

// optionsOf are how the files of a library are read; those of none of several without
// its pages.
func optionsOf(c *config.Config, l *config.Library) []source.Option {
	rules := digest.Rules{Aliases: c.Names.Aliases}
	if l == nil {
		return []source.Option{source.WithRules(rules)}
	}
	rules.Title = titles(l.Title)
	return []source.Option{source.WithRules(rules), source.WithWebsite(l.Website), source.WithOrigin(l.Origin), source.WithWritten(l.Layout)}
}

// optionsAtHome has files that are read without their library placed as it has them; those of a
// repository stand elsewhere.
func optionsAtHome(c *config.Config, l *config.Library) []source.Option {
	options := optionsOf(c, l)
	if l != nil && l.Git == nil {
		options = append(options, source.WithHome(l.Folder()))
	}
	return options
}

// readPath reads a file or folder as the libraries have it that it is in, or that are in
// it.
func readPath(c *config.Config, log *slog.Logger, name string, options ...source.Option) ([]digest.Reading, error) {
	read := func(l *config.Library, name string) ([]digest.Reading, error) {
		return source.Read(log, []string{name}, slices.Concat(options, optionsAtHome(c, l))...)
	}
	if len(c.Libraries) == 1 {
		return read(&c.Libraries[0], name)
	}
	var in *config.Library
	var below []*config.Library
	places := map[*config.Library]string{} // of those below it
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

// configIfAny is the configuration for a command that does without one: nil if there
// is no file of it, or a broken one, which the log says.
func (p *program) configIfAny(c *cli) *config.Config {
	if _, err := os.Stat(c.Config); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	conf, err := p.config(c)
	if err != nil {
		p.log(c).Warn("the configuration is broken, so files are read as if in no library", "error", err)
		return nil
	}
	return conf
}

// openShelf opens the shelf of the libraries that were read before.
func (p *program) openShelf(ctx context.Context, conf *config.Config, log *slog.Logger) *shelf.Shelf {
	return shelf.Open(ctx, conf.ShelfFile(), fmt.Sprint(markdown.Version, " ", versionText()), log)
}

// read reads files and folders, from the shelf of the state as far as they have not
// changed, and gives them to use. A state that is not there is not made, and of a
// shelf that cannot be used nobody hears: then everything is read again.
func (p *program) read(ctx context.Context, conf *config.Config, log *slog.Logger, paths []string, use func([]digest.Reading) error, options ...source.Option) error {
	kept := shelf.Memory()
	if conf != nil && isFolder(conf.State) {
		kept = p.openShelf(ctx, conf, slog.New(slog.DiscardHandler))
	}
	on := append(slices.Clip(options), source.WithShelf(kept))
	files, err := []digest.Reading(nil), error(nil)
	if conf == nil {
		files, err = source.Read(log, paths, on...)
	} else {
		for _, name := range paths {
			var more []digest.Reading
			if more, err = readPath(conf, log, name, on...); err != nil {
				break
			}
			files = append(files, more...)
		}
	}
	if err == nil {
		err = use(files)
	}
	_ = kept.Close()
	if conf != nil && conf.State != "" && errors.Is(err, shelf.ErrText) {
		without := *conf
		without.State = ""
		return p.read(ctx, &without, log, paths, use, options...)
	}
	return err
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// digests are those of files and folders, with their texts, as read reads them.
func (p *program) digests(ctx context.Context, conf *config.Config, log *slog.Logger, paths []string, options ...source.Option) (digests []*digest.Digest, err error) {
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

// part is one of the libraries.
type part struct {
	config *config.Library
	source.Source
}

// openLibraries reads the libraries for the first time, what has changed since they were
// put on the shelf, and makes one of them.
func (p *program) openLibraries(ctx context.Context, conf *config.Config, kept *shelf.Shelf, log *slog.Logger, options ...source.Option) (source.Source, []part, error) {
	parts, sources := make([]part, len(conf.Libraries)), make([]source.Source, len(conf.Libraries))
	var group errgroup.Group // a host that is away keeps no other library waiting
	for i := range conf.Libraries {
		l, about := &conf.Libraries[i], log
		if len(conf.Libraries) > 1 {
			about = log.With("library", l.Origin.Name)
		}
		group.Go(func() (err error) {
			sources[i], err = p.openLibrary(ctx, conf, l, kept, about, options...)
			parts[i] = part{l, sources[i]}
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

func (p *program) openLibrary(ctx context.Context, conf *config.Config, l *config.Library, kept *shelf.Shelf, log *slog.Logger, options ...source.Option) (source.Source, error) {
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
	remote.Token = func() (string, error) {
		variable := gitVariable
		if l.OwnToken {
			variable = ""
		}
		token, err := chat.Env{Getenv: p.getenv, Folder: conf.Folder}.Token(variable, l.Key+".git_token_file", l.GitTokenFile)
		if err != nil {
			err = conf.Explain(err)
		}
		return token.Reveal(), err
	}
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

// titles names digests without a title by a pattern, in which {date} is their day in
// their language; nil for no pattern.
func titles(pattern string) func(*digest.Card) string {
	if pattern == "" {
		return nil
	}
	return func(d *digest.Card) string {
		return strings.ReplaceAll(pattern, "{date}", language.In(d.Language).Date(d.Date))
	}
}

// gitVariable is where the token is that reads repositories, unless git_token_file has
// it.
const gitVariable = "DIGESTBOT_GIT_TOKEN"
