package website

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/digestbot/digestbot/digest"
)

// permalinkStyles are Jekyll's names for patterns.
var permalinkStyles = map[string]string{
	"date":     "/:categories/:year/:month/:day/:title:output_ext",
	"pretty":   "/:categories/:year/:month/:day/:title/",
	"ordinal":  "/:categories/:year/:y_day/:title:output_ext",
	"weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext",
	"none":     "/:categories/:title:output_ext",
}

// placeholders are the names that may follow a colon in a pattern.
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

// clocks are the placeholders for parts of the date.
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
	jekyllPlaceholder = regexp.MustCompile(`:[a-z_]+`)
	fileDate          = regexp.MustCompile(`^\d{2,4}-\d{1,2}-\d{1,2}-`)
	slugPretty        = regexp.MustCompile(`[^\p{M}\p{L}\p{Nd}._~!$&'()+,;=@]+`)
	slugPlain         = regexp.MustCompile(`[^\p{M}\p{L}\p{Nd}]+`)
)

// placeholderOf returns the placeholder for a name with its colon. An underscore may
// follow the placeholder, as in :year_:month.
func placeholderOf(name string) (string, bool) {
	name = strings.TrimPrefix(name, ":")
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

// jekyllURL returns the address of a post.
func (s *Website) jekyllURL(c *digest.Card) string {
	page, pattern := s.pageOf(c), s.pattern
	if c.Page != nil && c.Page.Permalink != "" {
		pattern = c.Page.Permalink
	}
	missing := false
	var b strings.Builder
	at := 0
	for _, m := range jekyllPlaceholder.FindAllStringIndex(pattern, -1) {
		name := pattern[m[0]+1 : m[1]]
		key, ok := placeholderOf(name)
		value := ""
		if clock := clocks[key]; clock != nil {
			missing = missing || c.Date.IsZero()
			value = clock(c.Date)
		} else if ok {
			value = placeholders[key](page)
		}
		missing = missing || !ok
		b.WriteString(escapePattern(pattern[at:m[0]]) + escapePath(value) + strings.TrimPrefix(name, key))
		at = m[1]
	}
	if missing {
		return ""
	}
	return s.base + sanitizePath(b.String()+escapePattern(pattern[at:]))
}

// page is what Jekyll derives from the place of a post.
type page struct {
	*digest.Card
	folders []string // above _posts; they are categories
	path    string   // without _posts and extension
	name    string   // of the file, without extension
	slug    string   // from the front matter, or the name without its date
}

func (s *Website) pageOf(c *digest.Card) page {
	file := s.file(c)
	p := page{Card: c, folders: s.folders(c), path: strings.TrimRight(strings.Replace(file, "_posts", "", 1), "."), name: path.Base(file)}
	p.slug = strings.TrimRight(p.name[len(fileDate.FindString(p.name)):], ".")
	if c.Page != nil && c.Page.Slug != "" {
		p.slug = c.Page.Slug
	}
	return p
}

// folders returns the folders above _posts, which Jekyll takes as categories.
func (s *Website) folders(c *digest.Card) []string {
	above, _, ok := strings.Cut(s.file(c), "_posts")
	if !ok {
		return nil
	}
	return strings.FieldsFunc(above, func(r rune) bool { return r == '/' })
}

func (p page) categories() string { return p.joinCategories(strings.ToLower) }

func (p page) slugifiedCategories() string {
	return p.joinCategories(func(name string) string { return strings.ToLower(slugify(name, slugPlain)) })
}

func (p page) joinCategories(write func(string) string) string {
	var names []string
	categories := p.Categories
	if p.Page != nil && p.Page.Categories != nil {
		categories = p.Page.Categories
	}
	for _, name := range slices.Concat(p.folders, categories) {
		if name = write(name); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, "/")
}

// slugify replaces each run of characters that match others by a hyphen.
func slugify(s string, others *regexp.Regexp) string {
	s = others.ReplaceAllString(s, "-")
	return strings.TrimSuffix(strings.TrimPrefix(s, "-"), "-")
}

// sanitizePath starts a path with one slash and removes parts that lead upwards, in the
// same order as Jekyll.
func sanitizePath(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll("/"+s, "..", "/"), "./", "")
	for strings.Contains(s, "//") {
		s = strings.ReplaceAll(s, "//", "/")
	}
	return s
}

// escapePattern escapes the text of a pattern, in which a percent sign may already
// begin an escape.
func escapePattern(s string) string { return loneEscape.ReplaceAllString(escapePath(s), "%$1") }

var loneEscape = regexp.MustCompile(`%25([0-9A-Fa-f]{2})`)

// escapePath percent-encodes all characters that are not allowed in a path (RFC 3986,
// 3.3).
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
