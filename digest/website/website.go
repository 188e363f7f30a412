// Package website knows where digests have their pages on a site that Jekyll or Hugo
// builds from the same files, and where links relative to a page lead. It never reads a
// file.
package website

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/digestbot/digestbot/digest"
)

// Website describes a website that has a page for each digest. It knows how Jekyll
// (https://jekyllrb.com/docs/permalinks/) and Hugo
// (https://gohugo.io/configuration/permalinks/) build addresses, so that a message
// links to that page and shows the same day and categories.
type Website struct {
	Options
	base     string // without a trailing slash
	pattern  string
	sections map[string]string // Hugo's patterns by section
	// Find returns the digest at a path in the library, without its extension, or nil
	// if there is none. It finds the targets of links. It may be nil.
	Find func(place string) *digest.Card
	// Section reports whether a folder, relative to the library, is a section of Hugo
	// because it has a file _index.md. It may be nil.
	Section func(folder string) bool
}

// Options are what an operator configures about a site.
type Options struct {
	// Base is the absolute address of the home page; nil if digests have no pages.
	Base *url.URL
	// Zone determines the day and the time of a digest. If it is nil, a site uses UTC;
	// without Base either, dates are as written.
	Zone *time.Location
	// Folder is the folder of the library, relative to that of the site's posts, with
	// slashes. It is empty if both are the same or if it is unknown. Jekyll's posts are
	// in the folder of _config.yml, Hugo's in content.
	Folder string
	// Hugo is set if Hugo builds the site. Otherwise Permalink shows which tool does;
	// the default is Jekyll.
	Hugo bool
	// Permalink is a pattern, or the name of one; empty for the tool's default.
	// Sections are Hugo's patterns by section, which take precedence over Permalink.
	Permalink string
	Sections  map[string]string
	// UglyURLs is Hugo's option of that name: pages end in .html.
	UglyURLs bool
}

// New checks the options. It returns an error if Permalink or Sections is not valid.
func New(o Options) (*Website, error) {
	s := &Website{Options: o}
	if o.Zone == nil && o.Base != nil {
		s.Zone = time.UTC
	}
	if o.Base != nil {
		s.base = strings.TrimRight(o.Base.String(), "/")
	}
	hugo, pattern, err := checkPermalink(o.Permalink, o.Hugo)
	if err != nil {
		return nil, err
	}
	s.Hugo, s.pattern = hugo, pattern
	s.sections = map[string]string{}
	for section, pattern := range o.Sections {
		_, pattern, err := checkPermalink(pattern, true)
		if err != nil {
			return nil, err
		}
		s.sections[strings.Trim(section, " /")] = pattern
	}
	return s, nil
}

// checkPermalink determines whether a pattern is Hugo's, unless hugo is already set,
// and replaces the name of a pattern by the pattern. A pattern that is valid for both
// tools is taken as Jekyll's.
func checkPermalink(permalink string, hugo bool) (isHugo bool, pattern string, err error) {
	style, named := permalinkStyles[permalink]
	switch {
	case permalink == "hugo", permalink == "" && hugo:
		return true, "", nil
	case permalink == "":
		return false, permalinkStyles["date"], nil
	case named && !hugo:
		return false, style, nil
	}
	var of [2]string // a placeholder that only Jekyll has, and one that only Hugo has
	for _, name := range anyPlaceholder.FindAllString(strings.ReplaceAll(permalink, `\:`, ""), -1) {
		_, jekylls := placeholderOf(jekyllPlaceholder.FindString(name))
		hugos := hugoToken(name[1:])
		switch {
		case jekylls && !hugos:
			of[0] = name
		case hugos && !jekylls:
			of[1] = name
		case !hugos && (hugo || name[len(name)-1] == ']'):
			return false, "", fmt.Errorf("permalink %q: Hugo has no token %s: write one of %s", permalink, name, hugoTokens)
		case !hugos:
			return false, "", fmt.Errorf("permalink %q: there is no placeholder %s: write one of :%s, or of Hugo's %s", permalink, name, strings.Join(placeholderNames(), " :"), hugoTokens)
		}
	}
	switch {
	case of[0] != "" && hugo:
		return false, "", fmt.Errorf("permalink %q: %s is Jekyll's, and Hugo makes the site: write one of %s", permalink, of[0], hugoTokens)
	case of[0] != "" && of[1] != "":
		return false, "", fmt.Errorf("permalink %q: %s is Jekyll's and %s is Hugo's: write it for the tool that makes the site", permalink, of[0], of[1])
	}
	if !telling.MatchString(permalink) {
		return false, "", fmt.Errorf("permalink %q: all digests of a day would have one address: write :title into it, or one of date, pretty, ordinal, weekdate, none and hugo", permalink)
	}
	return hugo || of[1] != "", permalink, nil
}

var (
	anyPlaceholder = regexp.MustCompile(`:\w+(?:\[[^\]]*\])?`)
	// telling matches a placeholder that distinguishes the digests of a day.
	telling = regexp.MustCompile(`:(?:title|slug|name|path|filename|slugorfilename|contentbasename|slugorcontentbasename)(?:_|[^a-z_]|$)`)
)

// Place sets the day, the categories and the address of a card to those on the site.
// The card must be as it was read.
func (s *Website) Place(c *digest.Card) {
	if s == nil {
		return
	}
	c.Date = s.date(c)
	c.ResolveWith(s)
	switch {
	case !s.Hugo:
		c.Categories = union(s.folders(c), c.Categories)
	case c.Page != nil:
		if c.Page.HugoCategories != nil {
			c.Categories = c.Page.HugoCategories
		}
		if c.Page.HugoTags != nil {
			c.Tags = c.Page.HugoTags
		}
	}
	c.URL = s.URL(c)
}

// Show places a digest and resolves its links.
func (s *Website) Show(d *digest.Digest) {
	if s == nil {
		return
	}
	s.Place(&d.Card)
	s.ResolveLinks(d)
}

// date returns the time that the site shows. Jekyll converts all times to its zone;
// Hugo keeps a written offset.
func (s *Website) date(c *digest.Card) time.Time {
	switch {
	case c.Date.IsZero() || c.Guessed || s.Zone == nil:
		return c.Date
	case !s.Hugo && c.Clock != digest.ClockLocal:
		return c.Date.In(s.Zone)
	case c.Clock == digest.ClockOffset:
		return c.Date
	}
	year, month, day := c.Date.Date()
	hour, minute, second := c.Date.Clock()
	at := time.Date(year, month, day, hour, minute, second, c.Date.Nanosecond(), s.Zone)
	if at.Hour() != hour && !s.Hugo {
		// Where clocks go forward at midnight, that midnight does not exist. Ruby then
		// uses the offset from before the change. Go, and so Hugo, goes back.
		_, east := at.Add(-24 * time.Hour).Zone()
		at = time.Date(year, month, day, hour, minute, second-east, c.Date.Nanosecond(), time.UTC).In(s.Zone)
	}
	return at
}

// file returns the path of the digest's file, without its extension, relative to the
// folder of the site's posts.
func (s *Website) file(c *digest.Card) string { return path.Join(s.Folder, c.Place()) }

// URL returns the address of a card's page. It is empty if its pattern needs a date and
// the card has none.
func (s *Website) URL(c *digest.Card) string {
	switch {
	case s == nil || s.Base == nil:
		return ""
	case s.Hugo:
		return s.hugoURL(c)
	default:
		return s.jekyllURL(c)
	}
}

// union returns the words of two lists without duplicates.
func union(a, b []string) []string {
	if len(a) == 0 {
		return b
	}
	all := slices.Clone(a)
	for _, word := range b {
		if !slices.Contains(a, word) {
			all = append(all, word)
		}
	}
	return all
}

// errNoPage means that the target of a link is not in the library.
var errNoPage = errors.New("there is no such page")

// Resolve returns the address that a link on the page of a card leads to. The link may
// be a path, an address without its scheme or host, or contain Jekyll's {{ site.url }},
// {{ site.baseurl }}, {% post_url %} or {% link %}. Resolve returns "" for any other
// link.
func (s *Website) Resolve(c *digest.Card, link string) string {
	link, err := s.liquid(c, link)
	if err != nil {
		return ""
	}
	page, err := url.Parse(c.URL)
	if err != nil || c.URL == "" {
		page = s.Base
	}
	to, err := page.Parse(link)
	if err != nil || to.Host == "" || to.Scheme != "https" && to.Scheme != "http" {
		return ""
	}
	return to.String()
}

var (
	liquidTag = regexp.MustCompile(`\{\{-?\s*(.*?)\s*-?\}\}|\{%-?\s*(\w+)\s+(.*?)\s*-?%\}`)
	filtered  = regexp.MustCompile(`^(?:"([^"]*)"|'([^']*)')\s*\|\s*(relative_url|absolute_url|prepend:\s*site\.(?:base)?url)$`)
)

// liquid replaces Jekyll's tags by the addresses that they stand for.
func (s *Website) liquid(c *digest.Card, link string) (string, error) {
	var failed error
	base := strings.TrimRight(s.Base.EscapedPath(), "/")
	root := strings.TrimSuffix(s.base, base)
	link = liquidTag.ReplaceAllStringFunc(link, func(tag string) string {
		m := liquidTag.FindStringSubmatch(tag)
		switch expression := m[1]; {
		case expression == "site.url":
			return root
		case expression == "site.baseurl":
			return base
		case expression == "page.url":
			return strings.TrimPrefix(c.URL, s.base)
		case filtered.MatchString(expression):
			f := filtered.FindStringSubmatch(expression)
			to := "/" + strings.TrimPrefix(f[1]+f[2], "/")
			switch f[3] {
			case "relative_url":
				return base + to
			case "absolute_url":
				return s.base + to
			default:
				return base + to
			}
		case m[2] == "post_url" || m[2] == "link":
			if target := s.target(strings.Trim(m[3], `"'`), m[2] == "post_url"); target != nil && target.URL != "" {
				return strings.TrimPrefix(target.URL, root)
			}
		}
		failed = errNoPage
		return ""
	})
	// Tags of posts begin with the base since Jekyll 4; many write it before them.
	if again, ok := strings.CutPrefix(link, base+base+"/"); ok && base != "" {
		link = base + "/" + again
	}
	if strings.Contains(link, "{{") || strings.Contains(link, "{%") {
		failed = errNoPage
	}
	return link, failed
}

// target is the digest that a tag of Jekyll's names: the name of a post, or the
// path of a file.
func (s *Website) target(name string, post bool) *digest.Card {
	if s.Find == nil {
		return nil
	}
	name = strings.TrimPrefix(name, "/")
	names := []string{"_posts/" + name, path.Join(path.Dir(name), "_posts", path.Base(name)), name}
	if !post {
		names = []string{strings.TrimSuffix(name, path.Ext(name))}
	}
	for _, name := range names {
		id, ok := strings.CutPrefix(name, s.Folder+"/")
		if s.Folder == "" || !ok {
			id = name
		}
		if c := s.Find(id); c != nil {
			return c
		}
		// The folder of the library may be _posts itself.
		if below, ok := strings.CutPrefix(id, "_posts/"); ok {
			if c := s.Find(below); c != nil {
				return c
			}
		}
	}
	return nil
}

// ResolveLinks resolves the links in the texts of a digest that are relative to its
// page. The words of those that lead nowhere stay.
func (s *Website) ResolveLinks(d *digest.Digest) {
	if s.Base == nil {
		return
	}
	texts := func(t digest.Text) digest.Text {
		if !slices.ContainsFunc(t, func(x digest.Span) bool { return relative(x.URL) }) {
			return t
		}
		t = slices.Clone(t)
		for i := range t {
			if relative(t[i].URL) {
				t[i].URL = s.Resolve(&d.Card, t[i].URL)
			}
		}
		return t
	}
	d.Lead = texts(d.Lead)
	d.Stories = slices.Clone(d.Stories)
	for i := range d.Stories {
		story := &d.Stories[i]
		story.Summary = texts(story.Summary)
		if !slices.ContainsFunc(story.Sources, func(x digest.Source) bool { return relative(x.URL) }) {
			continue
		}
		var kept []digest.Source
		for _, x := range story.Sources {
			if relative(x.URL) {
				if x.URL = s.Resolve(&d.Card, x.URL); x.URL == "" {
					if x.Title != "" {
						story.Summary = append(slices.Clip(story.Summary), digest.Span{Text: "\n" + x.Title})
					}
					continue
				}
			}
			kept = append(kept, x)
		}
		story.Sources = kept
	}
	d.Sections = slices.Clone(d.Sections)
	for i := range d.Sections {
		d.Sections[i].Text = texts(d.Sections[i].Text)
	}
	if relative(d.Image.URL) {
		d.Image.URL = s.Resolve(&d.Card, d.Image.URL)
	}
}

// relative reports whether an address has to be resolved.
func relative(address string) bool {
	return address != "" && !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "http://") && !strings.Contains(address, "://")
}
