package digest

import (
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Permalink makes the addresses of digests as Jekyll does
// (https://jekyllrb.com/docs/permalinks/), so that a message leads to the page
// that a site has of its digest.
type Permalink struct {
	base    string // without a slash at its end
	pattern string
	dated   bool // whether a digest without a date has no address
}

// permalinkStyles are the names that Jekyll has for patterns.
var permalinkStyles = map[string]string{
	"date":     "/:categories/:year/:month/:day/:title:output_ext",
	"pretty":   "/:categories/:year/:month/:day/:title/",
	"ordinal":  "/:categories/:year/:y_day/:title:output_ext",
	"weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext",
	"none":     "/:categories/:title:output_ext",
}

// placeholders are what a pattern may have behind a colon.
var placeholders = map[string]func(page) string{
	"categories":           page.categories,
	"slugified_categories": page.slugifiedCategories,
	"title":                func(p page) string { return slugify(p.slug, slugPretty) },
	"slug":                 func(p page) string { return strings.ToLower(slugify(p.slug, slugPlain)) },
	"name":                 func(p page) string { return strings.ToLower(slugify(p.name, slugPlain)) },
	"path":                 func(p page) string { return p.path },
	"collection":           func(page) string { return "posts" },
	"output_ext":           func(page) string { return ".html" },
}

// clocks are the placeholders that tell the date.
var clocks = map[string]func(time.Time) string{
	"year":        func(t time.Time) string { return t.Format("2006") },
	"short_year":  func(t time.Time) string { return t.Format("06") },
	"month":       func(t time.Time) string { return t.Format("01") },
	"i_month":     func(t time.Time) string { return t.Format("1") },
	"short_month": func(t time.Time) string { return t.Format("Jan") },
	"long_month":  func(t time.Time) string { return t.Format("January") },
	"day":         func(t time.Time) string { return t.Format("02") },
	"i_day":       func(t time.Time) string { return t.Format("2") },
	"y_day":       func(t time.Time) string { return t.Format("002") },
	"short_day":   func(t time.Time) string { return t.Format("Mon") },
	"long_day":    func(t time.Time) string { return t.Format("Monday") },
	"w_day":       func(t time.Time) string { return strconv.Itoa((int(t.Weekday())+6)%7 + 1) },
	"w_year":      func(t time.Time) string { year, _ := t.ISOWeek(); return fmt.Sprintf("%04d", year) },
	"week":        func(t time.Time) string { _, week := t.ISOWeek(); return fmt.Sprintf("%02d", week) },
	"hour":        func(t time.Time) string { return t.Format("15") },
	"minute":      func(t time.Time) string { return t.Format("04") },
	"second":      func(t time.Time) string { return t.Format("05") },
}

var (
	placeholder = regexp.MustCompile(`:[a-z_]+`)
	fileDate    = regexp.MustCompile(`^\d{2,4}-\d{1,2}-\d{1,2}-`)
	slugPretty  = regexp.MustCompile(`[^\p{M}\p{L}\p{Nd}._~!$&'()+,;=@]+`)
	slugPlain   = regexp.MustCompile(`[^\p{M}\p{L}\p{Nd}]+`)
)

// ParsePermalink reads a pattern or the name of one of Jekyll's, for a site
// below base, which is an absolute address.
func ParsePermalink(base *url.URL, pattern string) (*Permalink, error) {
	p := &Permalink{base: strings.TrimRight(base.String(), "/"), pattern: pattern}
	if style, ok := permalinkStyles[pattern]; ok {
		p.pattern = style
	}
	telling := false
	for _, name := range placeholder.FindAllString(p.pattern, -1) {
		key, ok := placeholderOf(name[1:])
		if !ok {
			return nil, fmt.Errorf("permalink %q: there is no placeholder %s: write one of :%s", pattern, name, strings.Join(placeholderNames(), " :"))
		}
		p.dated = p.dated || clocks[key] != nil
		telling = telling || slices.Contains([]string{"title", "slug", "name", "path"}, key)
	}
	if !telling {
		return nil, fmt.Errorf("permalink %q: all digests of a day would have one address: write :title into it, or one of date, pretty, ordinal, weekdate and none", pattern)
	}
	return p, nil
}

// placeholderOf is the placeholder that a name means: an underscore may follow
// it, as in :year_:month.
func placeholderOf(name string) (string, bool) {
	for _, key := range []string{name, strings.TrimSuffix(name, "_")} {
		if placeholders[key] != nil || clocks[key] != nil {
			return key, true
		}
	}
	return "", false
}

func placeholderNames() (names []string) {
	for name := range placeholders {
		names = append(names, name)
	}
	for name := range clocks {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// URL is the address of a digest, empty when the pattern asks for a date that
// the digest does not have. Its day is the one that the digest shows.
func (p *Permalink) URL(d *Card) string {
	if p == nil || p.dated && d.Date.IsZero() {
		return ""
	}
	page := pageOf(d)
	at := placeholder.ReplaceAllStringFunc(p.pattern, func(name string) string {
		key, _ := placeholderOf(name[1:])
		rest := strings.TrimPrefix(name[1:], key)
		if clock := clocks[key]; clock != nil {
			return clock(d.Date) + rest
		}
		return placeholders[key](page) + rest
	})
	return p.base + escapePath(sanitizePath(at))
}

// page is what Jekyll knows of a post by its place.
type page struct {
	*Card
	folders []string // above _posts: they are categories
	path    string   // below _posts, without extension
	name    string   // of the file, without extension
	slug    string   // the name without its date
}

func pageOf(d *Card) page {
	p := page{Card: d, path: d.ID}
	if above, below, ok := strings.Cut("/"+d.ID, "/_posts/"); ok {
		p.folders, p.path = strings.FieldsFunc(above, func(r rune) bool { return r == '/' }), below
	}
	p.name = path.Base(p.path)
	p.slug = strings.TrimRight(p.name[len(fileDate.FindString(p.name)):], ".")
	return p
}

func (p page) categories() string { return p.joinCategories(strings.ToLower) }

func (p page) slugifiedCategories() string {
	return p.joinCategories(func(name string) string { return strings.ToLower(slugify(name, slugPlain)) })
}

func (p page) joinCategories(write func(string) string) string {
	var names []string
	for _, name := range slices.Concat(p.folders, p.Categories) {
		if name = write(name); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, "/")
}

// slugify puts a hyphen where other characters than those kept stand.
func slugify(s string, others *regexp.Regexp) string {
	s = others.ReplaceAllString(s, "-")
	return strings.TrimSuffix(strings.TrimPrefix(s, "-"), "-")
}

// sanitizePath begins a path with one slash and takes what leads upwards out
// of it, in Jekyll's order of doing so.
func sanitizePath(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll("/"+s, "..", "/"), "./", "")
	for strings.Contains(s, "//") {
		s = strings.ReplaceAll(s, "//", "/")
	}
	return s
}

// escapePath writes a path with the characters that one may have (RFC 3986,
// 3.3), all others percent-encoded.
func escapePath(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("/-._~!$&'()*+,;=:@", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
