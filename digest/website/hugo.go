package website

import (
	"cmp"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/digestbot/digestbot/digest"
)

// hugoTokens lists the tokens of https://gohugo.io/configuration/permalinks/#tokens for
// error messages.
const hugoTokens = ":year :month :monthname :day :weekday :weekdayname :yearday :section :sections :sections[1:] :title :slug :filename :slugorfilename :contentbasename :slugorcontentbasename"

var (
	hugoPlaceholder = regexp.MustCompile(`:\w+(?:\[.+?\])?`)
	hugoSlice       = regexp.MustCompile(`^sections\[\s*(\d+|last|)\s*(:?)\s*(\d+|last|)\s*\]$`)
)

// hugoToken reports whether Hugo knows a token: one of hugoTokens, a slice of sections,
// or a date layout of Go.
func hugoToken(name string) bool {
	return slices.Contains(strings.Fields(hugoTokens), ":"+name) || hugoSlice.MatchString(name) || hugoLayout(name)
}

// hugoDay differs from Go's reference time in every part.
var hugoDay = time.Date(2019, time.November, 9, 23, 1, 42, 1, time.UTC)

func hugoLayout(name string) bool { return hugoDay.Format(name) != name }

// hugoPage is what Hugo derives from the place of a page.
type hugoPage struct {
	*digest.Card
	folder   string   // within content
	name     string   // of the file, or of the folder of a page bundle
	sections []string // the section that contains the page, from the top
}

// hugoPageOf finds the place of a card. A file that is not below a folder content is
// taken as below that of the library.
func (s *Website) hugoPageOf(c *digest.Card) hugoPage {
	file := s.file(c)
	if _, below, ok := strings.Cut("/"+file, "/content/"); ok {
		file = below
	}
	p := hugoPage{Card: c, folder: path.Dir(file), name: path.Base(file)}
	if p.name == "index" && p.folder != "." {
		p.folder, p.name = path.Dir(p.folder), path.Base(p.folder)
	}
	if p.folder == "." {
		p.folder = ""
		return p
	}
	// A folder is a section if it is directly in content or has a file _index.md.
	of := p.folder
	for strings.Contains(of, "/") && (s.Section == nil || !s.Section(strings.TrimPrefix(strings.TrimPrefix(of, s.hugoFolder()), "/"))) {
		of = path.Dir(of)
	}
	p.sections = strings.Split(hugoPath(of), "/")
	return p
}

// hugoFolder returns the folder of the library within content.
func (s *Website) hugoFolder() string {
	_, below, _ := strings.Cut("/"+s.Folder+"/", "/content/")
	return strings.Trim(below, "/")
}

func (p hugoPage) section() string {
	first, _, _ := strings.Cut(p.folder, "/")
	return hugoPath(first)
}

// hugoPath returns the path of a file as Hugo normalizes it.
func hugoPath(s string) string { return strings.ReplaceAll(strings.ToLower(s), " ", "-") }

// hugoURL returns the address of a page. It works like CreateTargetPaths in Hugo's
// resources/page.
func (s *Website) hugoURL(c *digest.Card) string {
	p := s.hugoPageOf(c)
	if c.Page != nil && c.Page.URL != "" {
		return s.hugoOwnURL(p, c.Page.URL)
	}
	pattern, ok := s.sections[p.section()]
	if !ok {
		pattern = s.pattern
	}
	var at string
	if pattern != "" {
		expanded, ok := p.expand(pattern)
		if !ok {
			return ""
		}
		if unescaped, err := url.QueryUnescape(expanded); err == nil {
			expanded = unescaped
		}
		at = path.Clean("/" + expanded)
	} else {
		at = path.Join("/", hugoPath(p.folder), cmp.Or(p.slug(), hugoPath(p.name)))
	}
	at = strings.ToLower(hugoClean(at))
	if s.UglyURLs {
		at += ".html"
	} else if at != "/" {
		at += "/"
	}
	return s.hugoEscaped(at)
}

// hugoOwnURL returns the address given in the front matter.
func (s *Website) hugoOwnURL(p hugoPage, own string) string {
	if strings.Contains(own, ":") {
		expanded, ok := p.expand(own)
		if !ok {
			return ""
		}
		own = expanded
		if unescaped, err := url.QueryUnescape(expanded); err == nil {
			own = unescaped
		}
	}
	if strings.Contains(own, "..") {
		own = path.Join("/", own)
	}
	at := "/" + strings.Join(strings.FieldsFunc(own, func(r rune) bool { return r == '/' }), "/")
	if at != "/" && (strings.HasSuffix(own, "/") || !strings.Contains(own, ".")) {
		at += "/"
	}
	return s.hugoEscaped(at)
}

// hugoEscaped returns the address of a path.
func (s *Website) hugoEscaped(at string) string {
	u, err := url.Parse(strings.ReplaceAll(at, "#", "%23"))
	if err != nil || u.Host != "" {
		return ""
	}
	return s.base + u.String()
}

// expand fills in a pattern. ok is false if the pattern needs a date that is missing,
// or has a token that Hugo does not know.
func (p hugoPage) expand(pattern string) (at string, ok bool) {
	ok = true
	pattern = strings.ReplaceAll(pattern, `\:`, "\x00")
	at = hugoPlaceholder.ReplaceAllStringFunc(pattern, func(token string) string {
		value, known := p.token(token[1:])
		ok = ok && known
		return value
	})
	return strings.ReplaceAll(at, "\x00", ":"), ok
}

func (p hugoPage) token(name string) (value string, ok bool) {
	if m := hugoSlice.FindStringSubmatch(name); m != nil {
		return path.Join(p.slice(m[1], m[2] != "", m[3])...), true
	}
	switch name {
	case "section":
		return p.section(), true
	case "sections":
		return strings.Join(p.sections, "/"), true
	case "title":
		return hugoURLize(p.title()), true
	case "slug":
		return hugoURLize(cmp.Or(p.slug(), p.title())), true
	case "filename", "contentbasename":
		return hugoURLize(p.name), true
	case "slugorfilename", "slugorcontentbasename":
		return hugoURLize(cmp.Or(p.slug(), p.name)), true
	}
	d := p.Date
	if d.IsZero() {
		return "", false
	}
	switch name {
	case "year":
		return strconv.Itoa(d.Year()), true
	case "month":
		return d.Format("01"), true
	case "monthname":
		return d.Month().String(), true
	case "day":
		return d.Format("02"), true
	case "weekday":
		return strconv.Itoa(int(d.Weekday())), true
	case "weekdayname":
		return d.Weekday().String(), true
	case "yearday":
		return strconv.Itoa(d.YearDay()), true
	}
	return d.Format(name), hugoLayout(name)
}

// slice returns the sections from low up to high or, without a colon, only section low.
// It returns none if low is out of range.
func (p hugoPage) slice(low string, colon bool, high string) []string {
	n := len(p.sections)
	number := func(text string, empty int) int {
		switch text {
		case "":
			return empty
		case "last":
			return n - 1
		}
		i, _ := strconv.Atoi(text)
		return i
	}
	from := number(low, 0)
	to := from + 1
	if colon {
		to = min(number(high, n), n)
	}
	if from < 0 || from >= n || to < from {
		return nil
	}
	return p.sections[from:to]
}

func (p hugoPage) title() string {
	if p.Page != nil && p.Page.Title != "" {
		return p.Page.Title
	}
	return p.Title
}

// slug returns the slug of the front matter.
func (p hugoPage) slug() string {
	if p.Page == nil {
		return ""
	}
	return strings.Trim(p.Page.Slug, "-")
}

// hugoURLize works like Hugo's function URLize.
func hugoURLize(s string) string {
	s = strings.ToLower(hugoClean(s))
	if u, err := url.Parse(s); err == nil {
		return u.String()
	}
	return s
}

// hugoClean keeps the characters that Hugo allows in paths: it replaces spaces by a
// hyphen and drops other characters. It works like Sanitize of Hugo's common/paths.
func hugoClean(s string) string {
	var b strings.Builder
	space, hyphen := false, false
	for i, r := range s {
		switch {
		case hugoKeeps(s, i, r):
			hyphen = r == '-'
			if space && !hyphen {
				b.WriteByte('-')
			}
			space = false
			b.WriteRune(r)
		case b.Len() > 0 && !hyphen && unicode.IsSpace(r):
			space = true
		}
	}
	return b.String()
}

func hugoKeeps(s string, i int, r rune) bool {
	if r == '%' {
		return i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2])
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || strings.ContainsRune(`./\_#+~-@`, r)
}

func isHex(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 }
