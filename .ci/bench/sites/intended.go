package main

import (
	"slices"
	"strings"
)

// A difference is one that is meant: changed as it says, the page has what
// digestbot has.
type difference struct {
	tool   string // empty: both
	field  string
	change func(page string) string
	why    string
}

// intended are the differences that are meant. One that is no more must go.
var intended = []difference{
	{field: "around", change: whole("Source:", ""), why: "a label before a source says no more than the link"},
	{field: "around", change: whole("News", ""), why: "the heading of the only group says no more than the stories"},
	{tool: "jekyll", field: "around", change: whole("↩", ""), why: "an arrow back leads nowhere in a message"},
	{tool: "hugo", field: "around", change: whole("↩︎", ""), why: "an arrow back leads nowhere in a message"},
	{field: "tags", change: once, why: "a tag that stands twice is one"},
	{tool: "jekyll", field: "tags", change: filled, why: "an empty place in a list is no tag"},
	{tool: "jekyll", field: "categories", change: filled, why: "an empty place in a list is no category"},
	{field: "categories", change: once, why: "a category that stands twice is one; Jekyll shows numbers twice"},
	{field: "words", change: instead("“yes” – it’s ‘fine’… — end.", `"yes" -- it's 'fine'... --- end.`), why: "a message has the quotes and dashes that were typed"},
	{field: "words", change: instead("Left Right one two three four", "Left | Right one | two three | four"), why: "in a message, cells need something between them"},
	{field: "words", change: instead("type Vec and", "type Vec<T> and"), why: "what looks like an element that HTML does not have is a type that somebody forgot to write as code"},
	{field: "words", change: whole("", "Badge words"), why: "a message has the words of an image that leads somewhere, not the image"},
	{tool: "jekyll", field: "words", change: instead("Use $ in", "Use ${{ secrets.X }} in"), why: "code is shown as it was written; Jekyll runs Liquid in it"},
	{tool: "jekyll", field: "words", change: instead("key: $", "key: ${{ secrets.X }}"), why: "code is shown as it was written; Jekyll runs Liquid in it"},
	{tool: "jekyll", field: "words", change: instead("Words 0 after", "Words after"), why: "Liquid is not run"},
	{tool: "jekyll", field: "words", change: instead(`\(x^2\)`, "$$x^2$$"), why: "a message has no formulas; Jekyll marks one for MathJax"},
	{tool: "jekyll", field: "words", change: instead("H~2~O", "H2O"), why: "one tilde strikes out, as Hugo and GitHub have it"},
	{tool: "hugo", field: "words", change: instead("**“ 重 要 ”** 的 消 息 ， ** 加 粗 。 ** 之", "“ 重 要 ” 的 消 息 ， 加 粗 。 之"), why: "stars beside Chinese punctuation emphasize, as in Jekyll and as the author meant"},
}

// instead changes a part.
func instead(page, ours string) func(string) string {
	return strings.NewReplacer(page, ours).Replace
}

// whole changes a text that is no more than this.
func whole(page, ours string) func(string) string {
	return func(text string) string {
		if text == page {
			return ours
		}
		return text
	}
}

// once leaves each item of a list out that stands before it.
func once(list string) string {
	var kept []string
	for _, item := range strings.Split(list, separator) {
		if !slices.ContainsFunc(kept, func(k string) bool { return strings.EqualFold(k, item) }) {
			kept = append(kept, item)
		}
	}
	return strings.Join(kept, separator)
}

// filled leaves the empty places of a list out.
func filled(list string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(list, separator), func(item string) bool { return item == "" || item == "<nil>" }), separator)
}

// separator stands between the items of a list.
const separator = " | "
