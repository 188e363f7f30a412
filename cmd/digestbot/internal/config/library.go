package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/httpauth"
	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/layout"
	"github.com/digestbot/digestbot/digest/markdown/matter"
	"github.com/digestbot/digestbot/digest/source"
	"github.com/digestbot/digestbot/digest/website"
	"github.com/digestbot/digestbot/digest/zone"
)

// Library is a configured library.
type Library struct {
	Key    string         // of its table, with its place: "library", "library[1]"
	Origin *digest.Origin // nil if it is the only one and has no name
	Path   string         // folder or file; for a repository, its label
	Git    *source.Remote // nil when the library is a folder or a file
	// GitTokenFile is the file with the repository's token. OwnToken says that the token in
	// the environment is for another host.
	GitTokenFile string
	OwnToken     bool
	Undated      bool   // whether files without a day are digests
	Title        string // of digests without one; empty for none
	Layout       layout.Written
	Website      *website.Website
	SiteFile     string // in the repository, describes its website; empty for none
	// Site builds a website from the options in the repository's site file.
	Site func(website.Options) (*website.Website, error)
}

// CloneDir returns the folder for the clone of a library's repository, and for the days
// found in its history. It does not change when other libraries are added after the first.
func (c *Config) CloneDir(l *Library) string {
	name := "library.git"
	if l.Origin != nil && l.Origin.Rank > 0 {
		name = "library-" + l.Origin.Name + ".git"
	}
	return filepath.Join(c.State, name)
}

// libraryTable is [library], or one of several [[library]] tables.
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

// defaultEvery is how often a repository is fetched by default.
const defaultEvery = 5 * time.Minute

// nameLimit is the maximum number of characters in the name of a library.
const nameLimit = 64

// isLibraryName reports whether a text is a valid name of a library. Names are used in IDs,
// commands and file names: they consist of letters and digits and, after the first one,
// also combining marks, dots, hyphens and underscores.
func isLibraryName(name string) bool {
	for i, c := range name {
		if !unicode.In(c, unicode.L, unicode.N) && (i == 0 || !unicode.Is(unicode.M, c) && !strings.ContainsRune("._-", c)) {
			return false
		}
	}
	return name != "" && utf8.RuneCountInString(name) <= nameLimit
}

// libraries checks the tables of the libraries.
func (k *checker) libraries(tables []libraryTable, base string, c *Config) {
	_, several := k.at["library[0]"]
	host := "" // for which the token in the environment is
	for i, t := range tables {
		l := Library{Key: "library"}
		if several {
			l.Key = fmt.Sprintf("library[%d]", i)
		}
		switch {
		case t.Name == "" && k.refused[l.Key+".name"]:
		case t.Name == "" && len(tables) > 1:
			k.refuse(l.Key, `name is missing: there are several libraries: write for example name = "news"`)
		case t.Name != "" && !isLibraryName(t.Name):
			k.refuse(l.Key+".name", `%q is not a valid name: write letters, digits, dots, hyphens and underscores, for example "news"`, t.Name)
		case slices.ContainsFunc(c.Names.Libraries, func(name string) bool { return strings.EqualFold(name, t.Name) }):
			k.refuse(l.Key+".name", "%q is already used above: give each library a name of its own", t.Name)
		}
		if t.Name != "" {
			c.Names.Libraries = append(c.Names.Libraries, t.Name)
		}
		if t.Name != "" || len(tables) > 1 {
			l.Origin = &digest.Origin{Name: t.Name, Rank: i}
		}
		l.Title, l.Layout = t.Title, t.Layout
		for i, kind := range t.Layout.Story {
			if err := layout.CheckKind(kind); err != nil {
				key := l.Key + ".layout.story"
				if at := fmt.Sprintf("%s[%d]", key, i); k.at[at] != (position{}) {
					key = at
				}
				k.refuse(key, "%v", err)
			}
		}
		k.library(t, base, &l)
		k.website(t, base, &l, c)
		if u, err := url.Parse(t.Git); err == nil && t.Git != "" {
			host = cmp.Or(host, u.Host)
			l.OwnToken = u.Host != host
		}
		c.Libraries = append(c.Libraries, l)
	}
}

// library checks the table of one library.
func (k *checker) library(t libraryTable, base string, l *Library) {
	switch t.Undated {
	case "", "skip":
	case "post":
		l.Undated = true
	default:
		k.refuse(l.Key+".undated", `%q: write "skip", and files without a day are left out, or "post", and they are digests`, t.Undated)
	}
	if t.Git == "" {
		if t.Path == "" && !k.refused[l.Key+".path"] && !k.refused[l.Key+".git"] && !k.refused[l.Key] {
			k.refuse(l.Key+".path", `it is missing: write the folder of the digests, for example path = "digest/example", or the repository that has them, for example git = "https://github.com/example/news"`)
		}
		for key, value := range map[string]string{"branch": t.Branch, "every": t.Every, "git_token_file": t.GitTokenFile} {
			if value != "" && !k.refused[l.Key+".git"] {
				k.refuse(l.Key+"."+key, `it is about a repository: write git = "https://…" beside it, or leave it out`)
			}
		}
		l.Path = under(base, t.Path)
		return
	}
	if err := checkRepository(t.Git); err != nil {
		k.refuse(l.Key+".git", "%v", err)
	}
	folder := path.Clean(t.Path)
	switch {
	case t.Path == "" || folder == ".":
		folder = ""
	case !fs.ValidPath(folder):
		k.refuse(l.Key+".path", `%q leads out of the repository: with git, it is a folder inside the repository, for example path = "_posts"`, t.Path)
	}
	if strings.ContainsAny(t.Branch, " ~^:?*[\\") {
		k.refuse(l.Key+".branch", `%q is not a valid branch name: write for example "main"`, t.Branch)
	}
	before := len(k.problems)
	every := k.duration(l.Key+".every", t.Every, defaultEvery)
	if len(k.problems) == before && every < time.Second {
		k.refuse(l.Key+".every", `%q is too often: write for example "5m"; it must be at least a second`, t.Every)
	}
	l.Git = &source.Remote{URL: t.Git, Branch: t.Branch, Path: folder, Every: every}
	l.GitTokenFile = t.GitTokenFile
	l.Path = t.Git
	if folder != "" {
		l.Path += " (" + folder + ")"
	}
}

// website reads the description of the site that has a page for each digest. Settings in
// config.toml take precedence over those in the site's own file. A repository's site file
// is in the repository and is read with each commit.
func (k *checker) website(t libraryTable, base string, l *Library, c *Config) {
	var own website.Options
	if t.Zone != "" {
		at, err := zone.Load(t.Zone)
		if err != nil {
			k.refuse(l.Key+".zone", "%v", err)
		}
		k.warnOfZone(l.Key+".zone", at, c)
		own.Zone = at
	}
	if t.BaseURL != "" {
		site, err := url.Parse(t.BaseURL)
		if err != nil || site.Scheme != "https" && site.Scheme != "http" || site.Host == "" || site.User != nil || site.RawQuery != "" || site.Fragment != "" {
			k.refuse(l.Key+".base_url", `it must be the URL of a site, for example base_url = "https://example.org"`)
			return
		}
		own.Base = site
	}
	if t.Site == "" {
		switch {
		case t.BaseURL != "":
		case t.Permalink != "":
			k.refuse(l.Key+".permalink", `it needs a base URL: write for example base_url = "https://example.org"`)
			return
		case own.Zone == nil:
			return
		}
		own.Permalink, own.Folder = t.Permalink, l.siteFolder()
		site, err := website.New(own)
		if err != nil {
			k.refuse(l.Key+".permalink", "%v", err)
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
			return nil, errors.New("it does not state the site's URL: write for example base_url = \"https://example.org\" into [library]")
		}
		return website.New(said)
	}
	if l.Git != nil {
		file := path.Clean(t.Site)
		if !fs.ValidPath(file) {
			k.refuse(l.Key+".site", `%q leads out of the repository: with git, it is a file inside the repository, for example site = "_config.yml"`, t.Site)
			return
		}
		l.SiteFile, l.Site = file, func(said website.Options) (*website.Website, error) {
			said.Folder = below(path.Dir(file), l.Git.Path)
			return with(said)
		}
		return
	}
	file := under(base, t.Site)
	data, err := os.ReadFile(file)
	if err != nil {
		k.refuse(l.Key+".site", "%s: write the path of the site's _config.yml or hugo.toml, relative to config.toml", notThere(file, err))
		return
	}
	said, err := matter.ReadWebsite(t.Site, data)
	if err == nil {
		said.Folder = below(Absolute(filepath.Dir(file)), Absolute(l.Folder()))
		l.Website, err = with(said)
	}
	if err != nil {
		k.refuse(l.Key+".site", "%v", err)
	}
}

// siteFolder returns the library's folder within its site, if paths tell it; else it is
// empty. A repository is a whole site; a local folder belongs to a site if it is in a
// folder content, as in Hugo.
func (l *Library) siteFolder() string {
	if l.Git != nil {
		return l.Git.Path
	}
	all := filepath.ToSlash(Absolute(l.Folder())) + "/"
	if i := strings.LastIndex(all, "/content/"); i >= 0 {
		return strings.Trim(all[i:], "/")
	}
	return ""
}

// Absolute returns the absolute path of a file or folder.
func Absolute(folder string) string {
	if whole, err := filepath.Abs(folder); err == nil {
		return whole
	}
	return folder
}

// below returns the path from folder to other; empty if other is outside folder.
func below(folder, other string) string {
	rel, err := filepath.Rel(cmp.Or(folder, "."), cmp.Or(other, "."))
	if rel = filepath.ToSlash(rel); err != nil || rel == "." || !fs.ValidPath(rel) {
		return ""
	}
	return rel
}

// checkRepository checks the form of a repository's URL. Errors do not repeat a refused
// URL, because it may contain a secret.
func checkRepository(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return errors.New(`it is not a URL that can be fetched: write the one that begins with https://, for example git = "https://github.com/example/news"; a folder on this machine is path = "…"`)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("it has more than scheme, host and path: leave out credentials, query and fragment, and put a token with read access into DIGESTBOT_GIT_TOKEN, or into a file that git_token_file names")
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && httpauth.Loopback(u.Hostname()):
		return nil
	case u.Scheme == "http":
		return errors.New("http exposes the token and the digests to everyone on the network path: write https://")
	default:
		return fmt.Errorf("%s:// is not supported: write the repository's URL that begins with https://", u.Scheme)
	}
}

// Folder returns the folder of the library, or of its single file.
func (l *Library) Folder() string {
	if info, err := os.Stat(l.Path); err == nil && !info.IsDir() {
		return filepath.Dir(l.Path)
	}
	return l.Path
}

// Has reports whether name is the library's folder or lies within it.
func (l *Library) Has(name string) bool {
	if _, in := source.NameIn(l.Folder(), name); in {
		return true
	}
	folder, err := os.Stat(l.Folder())
	file, err2 := os.Stat(name)
	return err == nil && err2 == nil && os.SameFile(folder, file)
}
