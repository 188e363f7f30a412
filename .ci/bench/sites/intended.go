package main

import (
	"regexp"
	"slices"
	"strings"
)

// difference is an intended difference: after both sides are changed as it says, the page
// and digestbot's output are equal.
type difference struct {
	tool  string // empty: both
	field string
	page  func(string) string // nil: unchanged
	ours  func(string) string // nil: unchanged
	why   string
}

// changed applies the difference to both sides.
func (d difference) changed(page, ours string) (string, string) {
	if d.page != nil {
		page = d.page(page)
	}
	if d.ours != nil {
		ours = d.ours(ours)
	}
	return page, ours
}

// intended are the intended differences. One that no longer occurs must be removed.
var intended = []difference{
	{field: "title", page: changed(`^(Weekly n\d+)$`, "$1 #42"), why: "YAML reads the number as a comment, but people mean it as text"},

	{field: "tags", page: once, why: "a repeated tag counts once"},
	{tool: "jekyll", field: "tags", page: filled, why: "an empty list item is not a tag"},
	{tool: "jekyll", field: "tags", page: instead("AI, | cloud | native", "AI | cloud native"), why: "commas separate tags that may contain spaces"},
	{tool: "hugo", field: "tags", page: instead("AI, cloud native", "AI | cloud native"), why: "commas separate tags that may contain spaces"},
	{tool: "hugo", field: "tags", page: whole("", "AI"), why: "Hugo has no key tag, but people write it"},
	{tool: "hugo", field: "categories", ours: changed(`^(tech|Big News)$`, ""), why: "Hugo has no key category, but people write it"},
	{tool: "jekyll", field: "categories", page: flat, why: "the categories of a nested list are categories; Jekyll also has the list itself, and each category twice"},
	{tool: "jekyll", field: "categories", page: filled, why: "an empty list item is not a category"},
	{field: "categories", page: once, why: "a repeated category counts once; Jekyll has numbers twice"},

	{field: "around", page: whole("Source:", ""), why: "a label before a source says no more than the link"},
	{tool: "jekyll", field: "around", page: whole("↩", ""), why: "an arrow back leads nowhere in a message"},
	{tool: "hugo", field: "around", page: whole("↩︎", ""), why: "an arrow back leads nowhere in a message"},
	{field: "around", page: changed(`^\d\.$`, ""), why: "the number of a footnote is in brackets"},
	{tool: "hugo", field: "links", page: whole("https://www.example.org/a", ""), why: "a URL without https:// is text, as on Jekyll's page; Hugo makes it a link"},
	{field: "links", page: whole("mailto:mail@example.org", ""), why: "platforms link email addresses themselves, or not at all"},

	{tool: "hugo", field: "links", page: whole("https://zh.example.org/wiki/", ""), why: "a URL may contain letters of any script; Hugo ends it before them"},
	{tool: "hugo", field: "links", page: whole("https://example.org/?y=", ""), why: "a URL may contain letters of any script; Hugo ends it before them"},

	{field: "words", page: changed(`(note|One|two)(\d)\b`, "$1[$2]"), why: "the number of a footnote is in brackets"},
	{field: "words", page: instead("“yes” – it’s ‘fine’… — end.", `"yes" -- it's 'fine'... --- end.`), why: "a message has the quotes and dashes that were typed"},
	{field: "words", page: instead("Left Right one two three four", "Left | Right one | two three | four"), why: "in a message, cells need something between them"},
	{field: "words", page: instead("type Vec and", "type Vec<T> and"), why: "an element that HTML does not have is probably a type that was not marked as code"},
	{field: "words", page: whole("", "Badge words"), why: "a message has the words of a linked image, but not the image"},
	{field: "words", page: instead("A :smile: and :+1: here", "A 😄 and 👍 here"), why: "a name between colons is an emoji, which is optional in the tools"},
	{field: "words", page: instead("and x2.", "and x²."), why: "a superscript number is written as a superscript character"},
	{field: "words", page: instead("— link", ""), why: "a label after a separator only marks a source"},
	{field: "words", page: instead("原 文 ： ", ""), why: "a label after a separator only marks a source"},
	{field: "words", ours: source, why: "without a line of sources, a story's last link is its source"},
	{tool: "jekyll", field: "words", page: instead("Use $ in", "Use ${{ secrets.X }} in"), why: "code is shown as it was written; Jekyll runs Liquid in it"},
	{tool: "jekyll", field: "words", page: instead("Words 0 after", "Words after"), why: "Liquid is not run"},
	{tool: "jekyll", field: "words", page: instead(`\(x^2\)`, "$$x^2$$"), why: "a message has no formulas; Jekyll marks one for MathJax"},
	{tool: "jekyll", field: "words", page: instead("H~2~O", "H2O"), why: "a single tilde strikes out, as in Hugo and on GitHub"},
	{tool: "hugo", field: "words", page: instead("**“ 重 要 ”** 的 消 息 ， ** 加 粗 。 ** 之", "“ 重 要 ” 的 消 息 ， 加 粗 。 之"), why: "stars beside Chinese punctuation emphasize, as in Jekyll and as the author meant"},
}

// changed returns a function that applies regexp.ReplaceAllString.
func changed(expression, to string) func(string) string {
	matching := regexp.MustCompile(expression)
	return func(text string) string { return matching.ReplaceAllString(text, to) }
}

// instead returns a function that replaces a part.
func instead(part, to string) func(string) string { return strings.NewReplacer(part, to).Replace }

// whole returns a function that replaces a text if it is exactly the given one.
func whole(text, to string) func(string) string {
	return func(all string) string {
		if all == text {
			return to
		}
		return all
	}
}

// source removes the bullet before a source on a line of its own.
var source = changed(` • 公 告$`, " 公 告")

// separator separates the items of a list.
const separator = " | "

// once removes items that occurred before in a list.
func once(list string) string {
	var kept []string
	for _, item := range strings.Split(list, separator) {
		if !slices.Contains(kept, item) {
			kept = append(kept, item)
		}
	}
	return strings.Join(kept, separator)
}

// flat flattens the one nested list in the posts.
func flat(list string) string {
	return instead("[a b]", "a | b")(instead(` | ["a", "b"]`, "")(list))
}

// filled removes empty items from a list.
func filled(list string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(list, separator), func(item string) bool { return item == "" || item == "<nil>" }), separator)
}
