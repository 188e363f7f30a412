// Package markdowntest makes Markdown files for tests: one of each construct that
// people and their tools write, and mutations of them that change structure rather than
// bytes. It does not know how a file is read.
package markdowntest

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
)

// Mutate changes the structure of a file in one to four places. It may insert pieces of
// files in the pool. The same random numbers give the same file.
func Mutate(r *rand.Rand, file string, pool []string) string {
	for range 1 + r.IntN(4) {
		file = mutations[r.IntN(len(mutations))](r, file, pool)
		if len(file) > maxSize {
			file = strings.ToValidUTF8(file[:maxSize], "")
		}
	}
	return file
}

// maxSize keeps files that are nested and doubled repeatedly within the limits of a
// digest.
const maxSize = 512 << 10

// mutations are the ways to change a file.
var mutations = []func(r *rand.Rand, file string, pool []string) string{
	dropLine, doubleLine, swapLines, joinLines, truncate, dropMiddle, nest, outdent, indent,
	dropAttribute, doubleAttribute, requote, changeCase, dropTag, swapTags, openTag,
	insertPiece, insertConstruct, lengthen, replaceValue, dropDelimiter, widen, dropByte,
}

// at returns a random place where pattern matches text, or nil if there is none.
func at(r *rand.Rand, pattern *regexp.Regexp, text string) []int {
	// A window is enough, and searching all of a large file would be too slow.
	const window = 4 << 10
	from := 0
	if len(text) > window {
		from = r.IntN(len(text) - window)
	}
	all := pattern.FindAllStringIndex(text[from:min(len(text), from+window)], -1)
	if len(all) == 0 {
		return nil
	}
	found := all[r.IntN(len(all))]
	return []int{found[0] + from, found[1] + from}
}

// replace replaces one match by the result of change.
func replace(r *rand.Rand, pattern *regexp.Regexp, text string, change func(match string) string) string {
	found := at(r, pattern, text)
	if found == nil {
		return text
	}
	return text[:found[0]] + change(text[found[0]:found[1]]) + text[found[1]:]
}

var (
	line      = regexp.MustCompile(`(?m)^.*\n?`)
	tag       = regexp.MustCompile(`</?[A-Za-z][^<>]*>`)
	attribute = regexp.MustCompile(`\s[A-Za-z-]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>]+)`)
	entry     = regexp.MustCompile(`(?m)^([A-Za-z_]+)\s*[:=：].*$`)
	delimiter = regexp.MustCompile("[*_`\\[\\](){}<>|~#\"']")
)

func dropLine(r *rand.Rand, file string, _ []string) string {
	return replace(r, line, file, func(string) string { return "" })
}

func doubleLine(r *rand.Rand, file string, _ []string) string {
	return replace(r, line, file, func(l string) string { return l + l })
}

func joinLines(r *rand.Rand, file string, _ []string) string {
	return replace(r, line, file, func(l string) string { return strings.TrimRight(l, "\n") })
}

func swapLines(r *rand.Rand, file string, _ []string) string {
	lines := strings.SplitAfter(file, "\n")
	i, j := r.IntN(len(lines)), r.IntN(len(lines))
	lines[i], lines[j] = lines[j], lines[i]
	return strings.Join(lines, "")
}

func truncate(r *rand.Rand, file string, _ []string) string {
	return file[:r.IntN(len(file)+1)]
}

func dropMiddle(r *rand.Rand, file string, _ []string) string {
	i, j := r.IntN(len(file)+1), r.IntN(len(file)+1)
	return file[:min(i, j)] + file[max(i, j):]
}

// some returns a range of lines of a file, and the lines before and after it.
func some(r *rand.Rand, file string) (before, within, behind []string) {
	lines := strings.SplitAfter(file, "\n")
	from := r.IntN(len(lines))
	to := min(len(lines), from+1+r.IntN(20))
	return lines[:from], lines[from:to], lines[to:]
}

// nest wraps some lines in a quote, a list or a tag.
func nest(r *rand.Rand, file string, _ []string) string {
	before, within, behind := some(r, file)
	open, prefix, closing := "", "", ""
	switch r.IntN(5) {
	case 0:
		prefix = "> "
	case 1:
		prefix = "  "
		open = "- \n"
	case 2:
		prefix = "   "
		open = "1. nested\n"
	case 3:
		name := tags[r.IntN(len(tags))]
		open, closing = "<"+name+">\n", "</"+name+">\n"
	case 4:
		open, closing = "```\n", "```\n"
	}
	var b strings.Builder
	b.WriteString(strings.Join(before, "") + open)
	for _, l := range within {
		b.WriteString(prefix + l)
	}
	b.WriteString(closing + strings.Join(behind, ""))
	return b.String()
}

func outdent(r *rand.Rand, file string, _ []string) string {
	before, within, behind := some(r, file)
	within = slices.Clone(within)
	for i := range within {
		within[i] = strings.TrimLeft(within[i], " \t>-")
	}
	return strings.Join(slices.Concat(before, within, behind), "")
}

func indent(r *rand.Rand, file string, _ []string) string {
	before, within, behind := some(r, file)
	within = slices.Clone(within)
	by := strings.Repeat(" ", 1+r.IntN(5))
	for i := range within {
		within[i] = by + within[i]
	}
	return strings.Join(slices.Concat(before, within, behind), "")
}

func dropAttribute(r *rand.Rand, file string, _ []string) string {
	return replace(r, attribute, file, func(string) string { return "" })
}

func doubleAttribute(r *rand.Rand, file string, _ []string) string {
	return replace(r, attribute, file, func(a string) string { return a + a })
}

// requote changes the quotes of an attribute, or removes one or both.
func requote(r *rand.Rand, file string, _ []string) string {
	return replace(r, attribute, file, func(a string) string {
		switch r.IntN(4) {
		case 0:
			return strings.ReplaceAll(a, `"`, "'")
		case 1:
			return strings.NewReplacer(`"`, "", "'", "").Replace(a)
		case 2:
			return strings.TrimRight(a, `"'`)
		default:
			return strings.Replace(a, "=", " = ", 1)
		}
	})
}

func changeCase(r *rand.Rand, file string, _ []string) string {
	pattern := []*regexp.Regexp{tag, attribute, entry}[r.IntN(3)]
	return replace(r, pattern, file, strings.ToUpper)
}

func dropTag(r *rand.Rand, file string, _ []string) string {
	return replace(r, tag, file, func(string) string { return "" })
}

func swapTags(r *rand.Rand, file string, _ []string) string {
	first, second := at(r, tag, file), at(r, tag, file)
	if first == nil || second == nil || first[1] > second[0] {
		return file
	}
	return file[:first[0]] + file[second[0]:second[1]] + file[first[1]:second[0]] + file[first[0]:first[1]] + file[second[1]:]
}

// openTag inserts a tag that is never closed, or never opened.
func openTag(r *rand.Rand, file string, _ []string) string {
	name := tags[r.IntN(len(tags))]
	if r.IntN(2) > 0 {
		name = "/" + name
	}
	i := r.IntN(len(file) + 1)
	return file[:i] + "<" + name + ">" + file[i:]
}

// insertPiece inserts some lines of another file between two lines.
func insertPiece(r *rand.Rand, file string, pool []string) string {
	if len(pool) == 0 {
		return file
	}
	_, piece, _ := some(r, pool[r.IntN(len(pool))])
	before, within, behind := some(r, file)
	return strings.Join(slices.Concat(before, piece, within, behind), "")
}

func insertConstruct(r *rand.Rand, file string, _ []string) string {
	before, within, behind := some(r, file)
	return strings.Join(slices.Concat(before, []string{"\n" + bodies[r.IntN(len(bodies))] + "\n\n"}, within, behind), "")
}

// lengthen inserts long text of one script, or only of marks, between two letters or
// after a mark.
func lengthen(r *rand.Rand, file string, _ []string) string {
	const most = 16 << 10
	kinds := [][]File{scripts, marks}[r.IntN(2)]
	text := kinds[r.IntN(len(kinds))].Text
	i := r.IntN(len(file) + 1)
	return file[:i] + strings.Repeat(text, r.IntN(most)/len(text)+1) + file[i:]
}

// replaceValue gives an entry of front matter another value.
func replaceValue(r *rand.Rand, file string, _ []string) string {
	return replace(r, entry, file, func(e string) string {
		key := e[:strings.IndexAny(e, ":=：")]
		return key + values[r.IntN(len(values))]
	})
}

func dropDelimiter(r *rand.Rand, file string, _ []string) string {
	return replace(r, delimiter, file, func(string) string { return "" })
}

// widen makes a punctuation mark full-width, as Chinese keyboards do.
func widen(r *rand.Rand, file string, _ []string) string {
	narrow := regexp.MustCompile(`[:;,!?()\[\]|#*]`)
	return replace(r, narrow, file, func(m string) string { return string(rune(m[0]) + 0xFEE0) })
}

func dropByte(r *rand.Rand, file string, _ []string) string {
	if file == "" {
		return file
	}
	i := r.IntN(len(file))
	return file[:i] + file[i+1:]
}
