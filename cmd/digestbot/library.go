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
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/compose/language"

	"golang.org/x/sync/errgroup"

	"github.com/digestbot/digestbot/adapters/door"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown"
	"github.com/digestbot/digestbot/digest/markdown/layout"
	"github.com/digestbot/digestbot/digest/markdown/matter"
	"github.com/digestbot/digestbot/digest/shelf"
	"github.com/digestbot/digestbot/digest/source"
	"github.com/digestbot/digestbot/digest/website"
	"github.com/digestbot/digestbot/digest/zone"
)

// libraryConfig is a library as it is configured.
type libraryConfig struct {
	key    string         // of its table, with its place: "library", "library[1]"
	origin *digest.Origin // nil if it is the only one and has no name
	Path   string         // folder or file; of a repository, what it is called
	Git    *source.Remote // nil when the library is a folder or a file
	// GitTokenFile is where the token of the repository is; ownToken says that the
	// environment has it not.
	GitTokenFile string
	ownToken     bool
	Undated      bool   // whether files without a day are digests
	Title        string // of digests without one; empty for none
	Layout       layout.Written
	Website      *website.Website
	SiteFile     string // in the repository, which tells its website; empty for none
	// site makes a website of what its file in the repository says.
	site func(website.Options) (*website.Website, error)
}

// options are how the files of a library are read; those of none of several without
// its pages.
func (c *config) options(l *libraryConfig) []source.Option {
	rules := digest.Rules{Aliases: c.Names.Aliases}
	if l == nil {
		return []source.Option{source.WithRules(rules)}
	}
	rules.Title = titles(l.Title)
	return []source.Option{source.WithRules(rules), source.WithWebsite(l.Website), source.WithOrigin(l.origin), source.WithWritten(l.Layout)}
}

// home has files that are read without their library placed as it has them; those of a
// repository stand elsewhere.
func (c *config) home(l *libraryConfig) []source.Option {
	options := c.options(l)
	if l != nil && l.Git == nil {
		options = append(options, source.WithHome(l.folder()))
	}
	return options
}

// readPath reads a file or folder as the libraries have it that it is in, or that are in
// it.
func (c *config) readPath(log *slog.Logger, name string, options ...source.Option) ([]digest.Reading, error) {
	read := func(l *libraryConfig, name string) ([]digest.Reading, error) {
		return source.Read(log, []string{name}, slices.Concat(options, c.home(l))...)
	}
	if len(c.Libraries) == 1 {
		return read(&c.Libraries[0], name)
	}
	var in *libraryConfig
	var below []*libraryConfig
	places := map[*libraryConfig]string{} // of those below it
	for i := range c.Libraries {
		l := &c.Libraries[i]
		if l.Git != nil {
			continue
		}
		if place, ok := source.NameIn(name, l.folder()); ok {
			below, places[l] = append(below, l), filepath.Join(name, filepath.FromSlash(place))
		} else if l.has(name) && (in == nil || in.has(l.folder())) {
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

// has reports whether a file or folder is in the folder of the library, or is that.
func (l *libraryConfig) has(name string) bool {
	if _, in := source.NameIn(l.folder(), name); in {
		return true
	}
	folder, err := os.Stat(l.folder())
	file, err2 := os.Stat(name)
	return err == nil && err2 == nil && os.SameFile(folder, file)
}

// configIfAny is the configuration for a command that does without one: nil if there
// is no file of it, or a broken one, which the log says.
func (p *program) configIfAny(c *cli) *config {
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
	on := append(slices.Clip(options), source.WithShelf(kept))
	files, err := []digest.Reading(nil), error(nil)
	if conf == nil {
		files, err = source.Read(log, paths, on...)
	} else {
		for _, name := range paths {
			var more []digest.Reading
			if more, err = conf.readPath(log, name, on...); err != nil {
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

// part is one of the libraries.
type part struct {
	*libraryConfig
	source.Source
}

// openLibraries reads the libraries for the first time, what has changed since they were
// put on the shelf, and makes one of them.
func (p *program) openLibraries(ctx context.Context, conf *config, kept *shelf.Shelf, log *slog.Logger, options ...source.Option) (source.Source, []part, error) {
	parts, sources := make([]part, len(conf.Libraries)), make([]source.Source, len(conf.Libraries))
	var group errgroup.Group // a host that is away keeps no other library waiting
	for i := range conf.Libraries {
		l, about := &conf.Libraries[i], log
		if len(conf.Libraries) > 1 {
			about = log.With("library", l.origin.Name)
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

func (p *program) openLibrary(ctx context.Context, conf *config, l *libraryConfig, kept *shelf.Shelf, log *slog.Logger, options ...source.Option) (source.Source, error) {
	options = slices.Concat(options, conf.options(l), []source.Option{source.WithShelf(kept)})
	if l.Undated {
		options = append(options, source.WithUndated())
	}
	if l.Git == nil {
		folder, err := source.Open(l.Path, log, options...)
		if err != nil {
			return nil, conf.explain(fmt.Errorf("%s.path: %w", l.key, err))
		}
		return folder, nil
	}
	remote := *l.Git
	remote.Token = func() (string, error) {
		variable := gitVariable
		if l.ownToken {
			variable = ""
		}
		token, err := chat.Env{Getenv: p.getenv, Folder: conf.Folder}.Token(variable, l.key+".git_token_file", l.GitTokenFile)
		if err != nil {
			err = conf.explain(err)
		}
		return token.Reveal(), err
	}
	if _, err := remote.Token(); err != nil {
		return nil, err
	}
	if l.SiteFile != "" {
		options = append(options, source.WithSite(l.SiteFile, l.site))
	}
	repository, err := source.OpenRepository(ctx, conf.cloneDir(l), remote, log, options...)
	if err != nil {
		return nil, conf.explain(fmt.Errorf("%s.git: %w", l.key, err))
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

// cloneDir is where the clone of a library's repository is kept, and with it the days
// that its history tells. It stays where it was when others come behind the first.
func (c *config) cloneDir(l *libraryConfig) string {
	name := "library.git"
	if l.origin != nil && l.origin.Rank > 0 {
		name = "library-" + l.origin.Name + ".git"
	}
	return filepath.Join(c.State, name)
}

// libraryTable is [library], or one of several [[library]].
type libraryTable struct {
	Name         string `toml:"name" example:"\"news\""`
	Path         string `toml:"path" example:"\"digest/example\""`
	Git          string `toml:"git" example:"\"https://github.com/example/news\""`
	Branch       string `toml:"branch" example:"\"main\""`
	Every        string `toml:"every" example:"\"5m\""`
	GitTokenFile string `toml:"git_token_file" example:"\"/run/secrets/git\""`
	Site         string `toml:"site" example:"\"_config.yml\""`
	Zone         string `toml:"zone" example:"\"Asia/Shanghai\""`
	BaseURL      string `toml:"base_url" example:"\"https://example.org\""`
	Permalink    string `toml:"permalink" example:"\"pretty\""`
	Undated      string `toml:"undated" example:"\"post\""`
	Title        string `toml:"title" example:"\"AI news, {date}\""`

	Layout layout.Written `toml:"layout"`
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

// defaultEvery is how often a repository is asked for news.
const defaultEvery = 5 * time.Minute

// gitVariable is where the token is that reads repositories, unless git_token_file has
// it.
const gitVariable = "DIGESTBOT_GIT_TOKEN"

// libraryName is what the name of a library looks like: it stands in IDs, in commands
// and in the names of files.
var libraryName = regexp.MustCompile(`^[\pL\pN][\pL\pN\pM._-]{0,63}$`)

// libraries checks where the digests come from.
func (r *reader) libraries(tables []libraryTable, base string, c *config) {
	_, several := r.at["library[0]"]
	host := "" // that the token of the environment is for
	for i, t := range tables {
		l := libraryConfig{key: "library"}
		if several {
			l.key = fmt.Sprintf("library[%d]", i)
		}
		switch {
		case t.Name == "" && len(tables) > 1:
			r.refuse(l.key, `name is missing: there are several libraries: write for example name = "news"`)
		case t.Name != "" && !libraryName.MatchString(t.Name):
			r.refuse(l.key+".name", `%q is no name: write letters, digits, dots, hyphens and underscores, for example "news"`, t.Name)
		case slices.ContainsFunc(c.Names.Libraries, func(name string) bool { return strings.EqualFold(name, t.Name) }):
			r.refuse(l.key+".name", "%q stands above already: give each library a name of its own", t.Name)
		}
		if t.Name != "" {
			c.Names.Libraries = append(c.Names.Libraries, t.Name)
		}
		if t.Name != "" || len(tables) > 1 {
			l.origin = &digest.Origin{Name: t.Name, Rank: i}
		}
		l.Title, l.Layout = t.Title, t.Layout
		for i, kind := range t.Layout.Story {
			if err := layout.CheckKind(kind); err != nil {
				key := l.key + ".layout.story"
				if at := fmt.Sprintf("%s[%d]", key, i); r.at[at] != (position{}) {
					key = at
				}
				r.refuse(key, "%v", err)
			}
		}
		r.library(t, base, &l)
		r.website(t, base, &l, c)
		if u, err := url.Parse(t.Git); err == nil && t.Git != "" {
			host = cmp.Or(host, u.Host)
			l.ownToken = u.Host != host
		}
		c.Libraries = append(c.Libraries, l)
	}
}

// library checks where the digests of a library come from.
func (r *reader) library(t libraryTable, base string, l *libraryConfig) {
	switch t.Undated {
	case "", "skip":
	case "post":
		l.Undated = true
	default:
		r.refuse(l.key+".undated", `%q: write "skip", and files without a day are left out, or "post", and they are digests`, t.Undated)
	}
	if t.Git == "" {
		if t.Path == "" {
			r.refuse(l.key+".path", `it is missing: write the folder of the digests, for example path = "digest/example", or the repository that has them, for example git = "https://github.com/example/news"`)
		}
		for key, value := range map[string]string{"branch": t.Branch, "every": t.Every, "git_token_file": t.GitTokenFile} {
			if value != "" {
				r.refuse(l.key+"."+key, `it is about a repository: write git = "https://…" beside it, or leave it out`)
			}
		}
		l.Path = under(base, t.Path)
		return
	}
	if err := checkRepository(t.Git); err != nil {
		r.refuse(l.key+".git", "%v", err)
	}
	folder := path.Clean(t.Path)
	switch {
	case t.Path == "" || folder == ".":
		folder = ""
	case !fs.ValidPath(folder):
		r.refuse(l.key+".path", `%q leads out of the repository: beside git it is a folder inside it, for example path = "_posts"`, t.Path)
	}
	if strings.ContainsAny(t.Branch, " ~^:?*[\\") {
		r.refuse(l.key+".branch", `%q is no name of a branch: write for example "main"`, t.Branch)
	}
	before := len(r.problems)
	every := r.duration(l.key+".every", t.Every, defaultEvery)
	if len(r.problems) == before && every < time.Second {
		r.refuse(l.key+".every", `%q is too often: write for example "5m"; less than a second is no use`, t.Every)
	}
	l.Git = &source.Remote{URL: t.Git, Branch: t.Branch, Path: folder, Every: every}
	l.GitTokenFile = t.GitTokenFile
	l.Path = t.Git
	if folder != "" {
		l.Path += " (" + folder + ")"
	}
}

// website reads what is known of the site that has a page for each digest: what
// the site's own file says, and before that what stands in config.toml. The file
// of a repository's site is in the repository and is read with each commit.
func (r *reader) website(t libraryTable, base string, l *libraryConfig, c *config) {
	var own website.Options
	if t.Zone != "" {
		at, err := zone.Load(t.Zone)
		if err != nil {
			r.refuse(l.key+".zone", "%v", err)
		}
		r.warnOfZone(l.key+".zone", at, c)
		own.Zone = at
	}
	if t.BaseURL != "" {
		site, err := url.Parse(t.BaseURL)
		if err != nil || site.Scheme != "https" && site.Scheme != "http" || site.Host == "" || site.User != nil || site.RawQuery != "" || site.Fragment != "" {
			r.refuse(l.key+".base_url", `it must be the address of a site, for example base_url = "https://example.org"`)
			return
		}
		own.Base = site
	}
	if t.Site == "" {
		switch {
		case t.BaseURL != "":
		case t.Permalink != "":
			r.refuse(l.key+".permalink", `it needs an address to begin with: write for example base_url = "https://example.org"`)
			return
		case own.Zone == nil:
			return
		}
		own.Permalink, own.Folder = t.Permalink, l.siteFolder()
		site, err := website.New(own)
		if err != nil {
			r.refuse(l.key+".permalink", "%v", err)
			return
		}
		l.Website = site
		return
	}
	with := func(said website.Options) (*website.Website, error) {
		said.Zone, said.Base = cmp.Or(own.Zone, said.Zone), cmp.Or(own.Base, said.Base)
		if t.Permalink != "" {
			said.Permalink, said.Sections = t.Permalink, nil
		}
		if said.Base == nil {
			return nil, errors.New("it says no address of the site: write for example base_url = \"https://example.org\" into [library]")
		}
		return website.New(said)
	}
	if l.Git != nil {
		file := path.Clean(t.Site)
		if !fs.ValidPath(file) {
			r.refuse(l.key+".site", `%q leads out of the repository: beside git it is a file inside it, for example site = "_config.yml"`, t.Site)
			return
		}
		l.SiteFile, l.site = file, func(said website.Options) (*website.Website, error) {
			said.Folder = below(path.Dir(file), l.Git.Path)
			return with(said)
		}
		return
	}
	file := under(base, t.Site)
	data, err := os.ReadFile(file)
	if err != nil {
		r.refuse(l.key+".site", "%v: write the path of the site's _config.yml or hugo.toml, relative to config.toml", err)
		return
	}
	said, err := matter.ReadWebsite(t.Site, data)
	if err == nil {
		said.Folder = below(absolute(filepath.Dir(file)), absolute(l.folder()))
		l.Website, err = with(said)
	}
	if err != nil {
		r.refuse(l.key+".site", "%v", err)
	}
}

// folder is the folder of the library, or that of its one file.
func (l *libraryConfig) folder() string {
	if info, err := os.Stat(l.Path); err == nil && !info.IsDir() {
		return filepath.Dir(l.Path)
	}
	return l.Path
}

// siteFolder is where the library stands in its site, as far as paths tell. A
// repository is a site; a folder on this machine tells what stands in content, as
// Hugo has it.
func (l *libraryConfig) siteFolder() string {
	if l.Git != nil {
		return l.Git.Path
	}
	all := filepath.ToSlash(absolute(l.folder())) + "/"
	if i := strings.LastIndex(all, "/content/"); i >= 0 {
		return strings.Trim(all[i:], "/")
	}
	return ""
}

// absolute is the whole path of a folder.
func absolute(folder string) string {
	if whole, err := filepath.Abs(folder); err == nil {
		return whole
	}
	return folder
}

// below is the path from one folder to another one in it; empty if that is elsewhere.
func below(folder, other string) string {
	rel, err := filepath.Rel(cmp.Or(folder, "."), cmp.Or(other, "."))
	if rel = filepath.ToSlash(rel); err != nil || rel == "." || !fs.ValidPath(rel) {
		return ""
	}
	return rel
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
