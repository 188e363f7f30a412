package render

import (
	"slices"
	"strings"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// teaser returns the first headlines in small print, for those who see only a
// notification. If there are several digests, it returns the first headline of
// each.
func teaser(blocks []chat.Block) markup {
	var heads []markup
	add := func(s string) {
		head, rest := layout.Cut(oneLine(s), teaserLimit)
		if rest != "" {
			head += "…"
		}
		if written := escaped(head); written != "" && len(heads) < teaserCount && !slices.Contains(heads, written) {
			heads = append(heads, written)
		}
	}
	teased := false // the first headline of this digest is there
	several := severalDigests(blocks)
	for _, b := range blocks {
		switch b := b.(type) {
		case chat.Heading:
			teased = teased && b.Level > 1
		case chat.Story:
			if !several || !teased {
				add(b.Headline)
				teased = teased || oneLine(b.Headline) != ""
			}
		case chat.List:
			for _, item := range b.Items[:min(len(b.Items), teaserCount)] {
				first, _, _ := strings.Cut(item.String(), "\n")
				add(first)
			}
		}
		if len(heads) == teaserCount {
			break
		}
	}
	if heads == nil {
		return ""
	}
	return "-# " + join(heads, " · ")
}

// severalDigests reports whether blocks belong to several digests.
func severalDigests(blocks []chat.Block) bool {
	return slices.ContainsFunc(blocks, func(b chat.Block) bool { h, ok := b.(chat.Heading); return ok && h.Level < 2 })
}

// continuation returns the text at the top of all pages except the first.
func continuation(title string) markup {
	head, rest := layout.Cut(oneLine(title), labelLimit)
	if rest != "" {
		head += "…"
	}
	if head == "" {
		return "-# "
	}
	return "-# " + escaped(head) + " · "
}
