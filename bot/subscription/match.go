package subscription

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/digestbot/digestbot/digest"
)

// Match chooses digests. An empty Match chooses all. Categories and tags are compared after
// digest.Fold. Only the tags of the digest itself count: a subscription posts whole
// digests, and one story of twenty does not say whether the channel is for the other
// nineteen.
type Match struct {
	Libraries  []string  // any of these, by name
	Paths      []Pattern // any of the patterns that include, and none of those that exclude
	Languages  []string  // any of these BCP 47 tags, or a longer one: zh includes zh-Hant
	Categories []string  // any of these
	Any        []string  // any of these tags
	None       []string  // none of these tags
}

// Accepts reports whether the match chooses d.
func (m Match) Accepts(d *digest.Card) bool {
	return m.Lacks(d).Field == ""
}

// Lack is the reason why a match does not choose a digest: the Setting that excludes it,
// the responsible values, and the digest's own value, if it has one. It is zero for a
// digest that the match chooses.
type Lack struct {
	Field  string
	Values []string
	Has    string
}

// Lacks returns the reason why the match does not choose d.
func (m Match) Lacks(d *digest.Card) Lack {
	switch {
	case len(m.Libraries) > 0 && !slices.Contains(m.Libraries, d.Library()):
		return Lack{"libraries", m.Libraries, d.Library()}
	case len(m.Paths) > 0:
		if lack := lacksPath(m.Paths, d.Path()); lack.Field != "" {
			return lack
		}
	}
	switch {
	case len(m.Languages) > 0 && !slices.ContainsFunc(m.Languages, func(tag string) bool { return within(tag, d.Language) }):
		return Lack{"languages", m.Languages, d.Language}
	case len(m.Categories) > 0 && !overlap(m.Categories, d.Categories):
		return Lack{"categories", m.Categories, ""}
	case len(m.Any) > 0 && !overlap(m.Any, d.Tags):
		return Lack{"tags", m.Any, ""}
	case overlap(m.None, d.Tags):
		for _, tag := range m.None {
			if overlap([]string{tag}, d.Tags) {
				return Lack{"without", []string{tag}, ""}
			}
		}
	}
	return Lack{}
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool {
		return slices.ContainsFunc(b, func(y string) bool { return digest.Fold(x) == digest.Fold(y) })
	})
}

// within reports whether a language matches a range, or is more specific than it
// (https://www.rfc-editor.org/rfc/rfc4647#section-3.3.1).
func within(of, tag string) bool {
	return len(tag) >= len(of) && strings.EqualFold(tag[:len(of)], of) && (len(tag) == len(of) || tag[len(of)] == '-')
}

var languageRange = regexp.MustCompile(`^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*$`)

// readRange reads a language range.
func readRange(_ *reading, text string) (string, error) {
	if !languageRange.MatchString(text) {
		return "", fmt.Errorf(`%q is no language: write its tag, for example "zh", "zh-Hant" or "en"`, text)
	}
	return text, nil
}

// readLibrary reads the name of a library.
func readLibrary(r *reading, text string) (string, error) {
	all := r.names.Libraries
	switch i := slices.IndexFunc(all, func(name string) bool { return strings.EqualFold(name, text) }); {
	case i >= 0:
		return all[i], nil
	case len(all) == 0:
		return "", fmt.Errorf("%q is no library: the only library has no name: write name = %q into [library], or leave this out", text, text)
	default:
		return "", fmt.Errorf("%q is no library: write %s", text, Either(all))
	}
}

// Pattern is a pattern for paths in a library, with the syntax known from .gitignore: *
// stays within a folder, ** does not, and ? is one character. A pattern without a slash
// matches in any folder, and one that names a folder matches everything below it. A leading
// ! excludes the matching files.
type Pattern struct {
	text  string
	not   bool
	globs []string // any of these
}

func readPattern(_ *reading, text string) (Pattern, error) { return ParsePattern(text) }

var errPattern = errors.New(`write for example "posts/ai/**", or "!**/drafts/**" to leave files out`)

// ParsePattern reads a pattern.
func ParsePattern(text string) (Pattern, error) {
	p := Pattern{text: text}
	var glob string
	glob, p.not = strings.CutPrefix(text, "!")
	bare, anchored := strings.CutPrefix(strings.TrimPrefix(glob, "./"), "/")
	anchored = anchored || strings.HasPrefix(glob, "./")
	folder := strings.HasSuffix(bare, "/")
	bare = strings.TrimRight(bare, "/")
	switch elements := strings.Split(bare, "/"); {
	case slices.Contains(elements, ".."):
		return p, fmt.Errorf("%q leads out of the library: a path begins at its folder: %w", text, errPattern)
	case slices.Contains(elements, "") || !doublestar.ValidatePattern(bare):
		return p, fmt.Errorf("%q is no pattern of paths: %w", text, errPattern)
	case len(elements) == 1 && !anchored:
		bare = "**/" + bare
	}
	last := bare[strings.LastIndexByte(bare, '/')+1:]
	if !folder {
		p.globs = append(p.globs, bare)
	}
	if folder || !strings.ContainsAny(last, `*?[{\`) {
		p.globs = append(p.globs, bare+"/**")
	}
	return p, nil
}

// String returns the pattern as it was written.
func (p Pattern) String() string { return p.text }

// has reports whether a path matches the pattern, whether that includes or excludes it.
func (p Pattern) has(path string) bool {
	return slices.ContainsFunc(p.globs, func(glob string) bool { return doublestar.MatchUnvalidated(glob, path) })
}

// lacksPath returns why the patterns do not choose a path: the one that excludes it, or all
// that include others.
func lacksPath(patterns []Pattern, path string) Lack {
	var asked []string
	wanted := false
	for _, p := range patterns {
		switch {
		case p.not && p.has(path):
			return Lack{"paths", []string{p.text}, path}
		case !p.not:
			asked, wanted = append(asked, p.text), wanted || p.has(path)
		}
	}
	if len(asked) > 0 && !wanted {
		return Lack{"paths", asked, path}
	}
	return Lack{}
}
