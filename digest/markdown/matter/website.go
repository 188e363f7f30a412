package matter

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/digestbot/digestbot/digest/markdown/lexicon"
	"github.com/digestbot/digestbot/digest/website"
	"github.com/digestbot/digestbot/digest/zone"
)

// ReadWebsite reads the addresses of pages and the time zone from the configuration of
// a site: Jekyll's _config.yml or _config.toml, or Hugo's hugo.toml, hugo.yaml,
// hugo.json or config.toml. It ignores everything else. An error begins with the name,
// line and column.
func ReadWebsite(name string, data []byte) (o website.Options, err error) {
	base := strings.ToLower(path.Base(name))
	kind, ext, _ := strings.Cut(base, ".")
	f := map[string]*format{"yml": yamlFormat, "yaml": yamlFormat, "toml": tomlFormat, "json": jsonFormat}[ext]
	if f == nil || kind != "_config" && kind != "hugo" && kind != "config" {
		return o, fmt.Errorf("%s: it is no configuration of a site: name Jekyll's _config.yml or Hugo's hugo.toml", name)
	}
	block, _, _ := Normalize(data)
	bad := affordable(block)
	var entries []Entry
	if bad == nil {
		entries, err = f.decode(block)
		if e, ok := errors.AsType[*Error](err); ok {
			bad = e
		} else if err != nil {
			bad = &Error{Line: 1, Column: 1, Message: err.Error()}
		}
	}
	if bad != nil {
		return o, fmt.Errorf("%s:%w", name, bad)
	}
	m := Matter{Entries: lastWins(entries), Block: block}
	w := websiteFile{name: name, Matter: m}
	if o.Hugo = kind != "_config"; o.Hugo {
		w.hugo(&o)
	} else {
		w.jekyll(&o)
	}
	return o, w.err
}

// websiteFile reads a site's configuration; err is the first error.
type websiteFile struct {
	Matter
	name string
	err  error
}

func (w *websiteFile) refuse(key, format string, args ...any) {
	if w.err == nil {
		at := w.Place(FoldKey(key))
		w.err = fmt.Errorf("%s:%d:%d: %s: %s", w.name, max(at.Line, 1), max(at.Column, 1), key, fmt.Sprintf(format, args...))
	}
}

// word returns a value that must be a word.
func (w *websiteFile) word(key string) string {
	v := w.Get(key)
	if v.Kind != Nothing && v.Kind != Scalar {
		w.refuse(key, "a word is expected here")
	}
	return strings.TrimSpace(v.Text)
}

func (w *websiteFile) zone(key string) *time.Location {
	name := w.word(key)
	if name == "" {
		return nil
	}
	at, err := zone.Load(name)
	if err != nil {
		w.refuse(key, "%v", err)
	}
	return at
}

// address returns the address of the site.
func (w *websiteFile) address(key, text string) *url.URL {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		w.refuse(key, "%q is no address of a site: write for example https://example.org", text)
		return nil
	}
	return u
}

func (w *websiteFile) jekyll(o *website.Options) {
	o.Zone = w.zone("timezone")
	if site := w.word("url"); site != "" {
		o.Base = w.address("url", strings.TrimRight(site, "/")+strings.TrimRight("/"+strings.TrimLeft(w.word("baseurl"), "/"), "/"))
	}
	o.Permalink = w.word("permalink")
	// The permalink of the collection takes precedence over that of the site.
	if own := w.Get("collections").First("posts").First("permalink"); own.Kind == Scalar {
		o.Permalink = own.Text
	}
}

func (w *websiteFile) hugo(o *website.Options) {
	o.Zone = w.zone("timeZone")
	o.Base = w.address("baseURL", w.word("baseURL"))
	o.UglyURLs = TrueWords.Words[lexicon.Lower(w.Get("uglyURLs").Text)]
	patterns := w.Get("permalinks")
	if patterns.Kind != Nothing && patterns.Kind != Table {
		w.refuse("permalinks", "a table is expected here")
	}
	o.Sections = map[string]string{}
	for _, e := range append(patterns.Table, patterns.First("page").Table...) {
		if e.Value.Kind == Scalar {
			o.Sections[lexicon.Lower(e.Key)] = e.Value.Text
		}
	}
}
