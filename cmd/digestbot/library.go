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
	"github.com/digestbot/digestbot/digest/zone"
)

// library is where the digests come from: a folder or a git repository.
type library interface {
	Library() *digest.Library
	Problems() []source.Problem
	LeftOut() map[string]int
	Run(ctx context.Context, changed func()) error
}

// home has files that are read without the library placed as it has them; those of a
// repository stand elsewhere.
func (c *config) home() []source.Option {
	options := []source.Option{source.WithRules(c.Rules)}
	if c.Git == nil {
		options = append(options, source.WithHome(c.libraryFolder()))
	}
	return options
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
	reader := fmt.Sprint(markdown.Version, " ", versionText(), conf.pages())
	return shelf.Open(ctx, conf.shelfFile(), reader, log)
}

// pages says whether digests have pages, and whose, because they are read as such. It
// is empty if they have none.
func (c *config) pages() string {
	site := c.Rules.Website
	switch {
	case c.SiteFile == "" && (site == nil || site.Base == nil):
		return ""
	case site != nil && site.Hugo, c.SiteFile != "" && !strings.HasPrefix(path.Base(c.SiteFile), "_config"):
		return " of Hugo's pages"
	}
	return " of Jekyll's pages"
}

// read reads files and folders, from the shelf of the state as far as they have not
// changed, and gives them to use. A state that is not there is not made, and of a
// shelf that cannot be used nobody hears: then everything is read again.
func (p *program) read(ctx context.Context, conf *config, log *slog.Logger, paths []string, use func([]digest.Reading) error, options ...source.Option) error {
	kept := shelf.Memory()
	if conf != nil && isFolder(conf.State) {
		kept = p.openShelf(ctx, conf, slog.New(slog.DiscardHandler))
	}
	placed := append(slices.Clip(options), source.WithShelf(kept))
	if conf != nil {
		placed = append(placed, conf.home()...)
	}
	files, err := source.Read(log, paths, placed...)
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
	if conf.SiteFile != "" {
		options = append(options, source.WithSite(conf.SiteFile, conf.site))
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
	Site         string `toml:"site" example:"\"_config.yml\""`
	Zone         string `toml:"zone" example:"\"Asia/Shanghai\""`
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

// website reads what is known of the site that has a page for each digest: what
// the site's own file says, and before that what stands in config.toml. The file
// of a repository's site is in the repository and is read with each commit.
func (r *reader) website(t libraryTable, base string, c *config) {
	var own digest.WebsiteOptions
	if t.Zone != "" {
		at, err := zone.Load(t.Zone)
		if err != nil {
			r.refuse("library.zone", "%v", err)
		}
		r.warnOfZone("library.zone", at, c)
		own.Zone = at
	}
	if t.BaseURL != "" {
		site, err := url.Parse(t.BaseURL)
		if err != nil || site.Scheme != "https" && site.Scheme != "http" || site.Host == "" || site.User != nil || site.RawQuery != "" || site.Fragment != "" {
			r.refuse("library.base_url", `it must be the address of a site, for example base_url = "https://example.org"`)
			return
		}
		own.Base = site
	}
	if t.Site == "" {
		switch {
		case t.BaseURL != "":
		case t.Permalink != "":
			r.refuse("library.permalink", `it needs an address to begin with: write for example base_url = "https://example.org"`)
			return
		case own.Zone == nil:
			return
		}
		own.Permalink, own.Folder = t.Permalink, c.siteFolder()
		site, err := digest.NewWebsite(own)
		if err != nil {
			r.refuse("library.permalink", "%v", err)
			return
		}
		c.Rules.Website = site
		return
	}
	with := func(said digest.WebsiteOptions) (*digest.Website, error) {
		said.Zone, said.Base = cmp.Or(own.Zone, said.Zone), cmp.Or(own.Base, said.Base)
		if t.Permalink != "" {
			said.Permalink, said.Sections = t.Permalink, nil
		}
		if said.Base == nil {
			return nil, errors.New("it says no address of the site: write for example base_url = \"https://example.org\" into [library]")
		}
		return digest.NewWebsite(said)
	}
	if c.Git != nil {
		file := path.Clean(t.Site)
		if !fs.ValidPath(file) {
			r.refuse("library.site", `%q leads out of the repository: beside git it is a file inside it, for example site = "_config.yml"`, t.Site)
			return
		}
		c.SiteFile, c.site = file, func(said digest.WebsiteOptions) (*digest.Website, error) {
			said.Folder = below(path.Dir(file), c.Git.Path)
			return with(said)
		}
		return
	}
	file := under(base, t.Site)
	data, err := os.ReadFile(file)
	if err != nil {
		r.refuse("library.site", "%v: write the path of the site's _config.yml or hugo.toml, relative to config.toml", err)
		return
	}
	said, err := markdown.ReadWebsite(t.Site, data)
	if err == nil {
		said.Folder = below(absolute(filepath.Dir(file)), absolute(c.libraryFolder()))
		c.Rules.Website, err = with(said)
	}
	if err != nil {
		r.refuse("library.site", "%v", err)
	}
}

// libraryFolder is the folder of the library, or that of its one file.
func (c *config) libraryFolder() string {
	if info, err := os.Stat(c.Library); err == nil && !info.IsDir() {
		return filepath.Dir(c.Library)
	}
	return c.Library
}

// siteFolder is where the library stands in its site, as far as paths tell. A
// repository is a site; a folder on this machine tells what stands in content, as
// Hugo has it.
func (c *config) siteFolder() string {
	if c.Git != nil {
		return c.Git.Path
	}
	all := filepath.ToSlash(absolute(c.libraryFolder())) + "/"
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
